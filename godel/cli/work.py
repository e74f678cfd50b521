"""What launch, resume and demo have in common: begin a run, open it, prepare its tier, work, report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from godel.called import command
from godel.stopwatch import GENERATIONS, REPORT, Stopwatch

from . import words
from .console import say, sign_of_life
from .progress import watching

if TYPE_CHECKING:
    from godel.config import Run
    from godel.loop.run_folder import OpenRun
    from godel.sandbox import Tier

RUNS = Path("runs")


def new_folder(prefix: str = "") -> Path:
    """runs/PREFIX<n>, the first number that is free after those in use."""
    used = [path.name.removeprefix(prefix) for path in RUNS.glob(f"{prefix}*")] if RUNS.is_dir() else []
    return RUNS / f"{prefix}{max((int(name) for name in used if name.isdigit()), default=0) + 1}"


def begin(folder: Path, run: Run, *, quiet: bool = False, ready: bool = False) -> None:
    """Make `folder` a run, whole or not at all, once its tasks and its seed were tried. Raises RunFolderError on a
    full disk too: nothing is there yet that could be resumed. And all that `run_folder` and `rehearse` raise.
    `ready`: the tier is prepared."""
    from godel.errors import RunFolderError
    from godel.lineage.errors import StoreFull
    from godel.loop import run_folder
    from godel.loop.rehearsal import rehearse
    from godel.scoring.pool import Pool

    plan = run_folder.planned(run)
    run_folder.check_new(folder)
    with closing(run_folder.tier_of(plan.run)) as tier:
        prepare(tier, quiet or ready)
        with sign_of_life("trying the tasks and the scaffold once", quiet), Pool(tier, spares=0) as pool:
            measured = rehearse(plan.run, plan.scaffold, plan.tasks, pool)
    try:
        run_folder.write(folder, plan, measured)
    except StoreFull:
        raise RunFolderError(f"{folder}: no space left for a run; free some, or choose another folder") from None


def work(
    folder: Path,
    changes: Mapping[str, Any] | None = None,
    *,
    quiet: bool = False,
    report: bool = True,
    demo: bool = False,
    ready: bool = False,
    follow: bool = False,
) -> Stopwatch:
    """Go on with a run until its last generation; then score its seed and its best on the
    held-out split. Returns what that took, preparing the tier apart. `ready`: the tier is prepared; `demo`: that
    too, and a spent budget is an end like any other.
    Raises Stopped, with how to go on, and all that `run_folder.opened` raises."""
    from godel.loop import run_folder

    with run_folder.opened(folder, changes, follow=follow) as run, resumable(command("resume", folder)):
        if not demo:
            prepare(run.pool.tier, quiet or ready)
            _say_where(run, quiet)
            _say_most(run, quiet)
        watch = Stopwatch()
        _generations(run, quiet, demo, watch)
        if report:
            held_out(run, quiet)
            watch.lap(REPORT)
        return watch


@contextmanager
def resumable(line: str) -> Iterator[None]:
    """What stops the block says that the command `line` goes on. An engine that went away and a full
    disk are Unavailable here: something is begun, and kept."""
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        stop = _stop(error)
        stop.add_note(_advice(stop, " ".join(filter(None, (line, getattr(stop, "settings", ""))))))
        if stop is error:
            raise
        raise stop from error


def _advice(stop: Exception, line: str) -> str:
    from godel.errors import JudgeFailed
    from godel.tasks import TaskError

    if isinstance(stop, JudgeFailed | TaskError):
        return f"a run keeps its tasks as they were: mend it and launch a new run, or try once more: {line}"
    return f"to go on: {line}"


def _stop(error: Exception | KeyboardInterrupt) -> Exception:
    from godel.errors import Interrupted, ProviderFailed, Unavailable
    from godel.sandbox import SandboxLost

    from .failure import disk_full

    if isinstance(error, KeyboardInterrupt):
        return Interrupted("interrupted")
    away = isinstance(error, (SandboxLost, ProviderFailed)) or disk_full(error)
    return Unavailable(str(error)) if away else error


def prepare(tier: Tier, quiet: bool) -> None:
    """Make a tier ready, and end what killed runs left behind on it. Raises SandboxError."""
    with sign_of_life(f"preparing {tier.name}", quiet) as tell:
        tier.prepare(tell)
        left = tier.reap()
    if left:
        say(f"ended {words.count(left, 'guest')} that a killed run had left behind", quiet)


def _say_where(run: OpenRun, quiet: bool) -> None:
    """That a run goes on elsewhere than it began, if it does."""
    from .places import difference, here, recorded

    if line := difference(recorded(run.store, run.store.seed), here(run.pool.tier), "goes on"):
        say(line, quiet)


def _say_most(run: OpenRun, quiet: bool) -> None:
    """Before a run with models begins: what they can cost at most, and whose price nobody knows."""
    if not run.config.model.names or run.store.generations():
        return
    from godel.forecast import forecast
    from godel.gateway.checks import price_warnings

    for line in [*price_warnings(run.config.model), words.at_most(forecast(run.config, run.tasks))]:
        say(line, quiet)


def _generations(run: OpenRun, quiet: bool, demo: bool, watch: Stopwatch) -> None:
    from godel import local
    from godel.errors import BudgetSpent

    with watching(run.config, quiet, watch) as progress:
        loop = run.loop(progress)
        progress.catch_up(loop.archive)
        run.store.event(
            "started",
            {
                "generations": run.config.generations,
                "workers": run.config.workers,
                "budget": run.config.budget.model_dump(),
                "sandbox": run.config.sandbox,
                **local.record(run.config),
            },
        )
        try:
            with _noted(run):
                loop.run()
        except BudgetSpent as spent:
            if not demo:
                raise
            say(str(spent), quiet)
        finally:
            watch.lap(GENERATIONS)


@contextmanager
def _noted(run: OpenRun) -> Iterator[None]:
    """Say in the run's log why it stopped, if the disk still takes it."""
    from godel.errors import Stopped
    from godel.gateway.redact import redacted_error
    from godel.lineage.errors import StoreError

    try:
        yield
    except Stopped as stop:
        with suppress(StoreError):
            run.store.event("stopped", {"reason": redacted_error(str(stop))})
        raise
    run.store.event("finished", {})


def held_out(run: OpenRun, quiet: bool) -> None:
    from godel.lineage import Split
    from godel.loop.report import report

    trees = list(dict.fromkeys(run.store.resolve(name) for name in ("seed", "best")))
    with sign_of_life(f"scoring {words.count(len(trees), 'scaffold')} on the held-out split", quiet):
        report(run, trees, Split.HELD_OUT)
