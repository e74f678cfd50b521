"""A session of work on a run: begin it, go on with it, report on it. Opened and closed here, and nowhere else.

Whoever wants to know what goes on gives a `Watch`; this module prints nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from godel import local
from godel.config import Run
from godel.errors import BudgetSpent, RunFolderError, Stopped
from godel.gateway.redact import redacted_error
from godel.lineage import Generation, Split
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.errors import StoreError, StoreFull
from godel.lineage.records import events
from godel.loop import run_folder
from godel.loop.open_run import OpenRun
from godel.loop.rehearsal import rehearse
from godel.loop.report import report
from godel.loop.run import Observer
from godel.sandbox import Tier
from godel.scoring.pool import Pool
from godel.stopwatch import GENERATIONS, REPORT, Stopwatch

Tell = Callable[[str], None]


class Watch:
    """Is told what goes on. This one keeps it to itself."""

    @contextmanager
    def phase(self, what: str) -> Iterator[Tell]:
        """Something that takes a while, and that has lines to tell of it."""
        yield lambda line: None

    def note(self, line: str) -> None:
        """One line, once."""

    @contextmanager
    def work(self, *command: str | Path) -> Iterator[None]:
        """Work on a run, that a command of these words goes on with when it is stopped."""
        yield

    def opened(self, run: OpenRun) -> None:
        """The run that is to be worked on."""

    @contextmanager
    def generations(self, run: OpenRun, lineage: Lineage, stopwatch: Stopwatch) -> Iterator[Observer]:
        """The loop. `lineage`: what was recorded before."""
        yield Nobody()


class Nobody:
    """Watches no generation."""

    def started(self, index: int, parent: str) -> None:
        pass

    def recorded(self, generation: Generation, score: float) -> None:
        pass

    def waiting(self, index: int, problem: str, delay_s: float) -> None:
        pass


SILENT = Watch()


def begin(folder: Path, run: Run, watch: Watch = SILENT, ready: bool = False) -> None:
    """Make `folder` a run, whole or not at all, once its tasks and its seed were tried. Raises RunFolderError on a
    full disk too: nothing is there yet that could be resumed. And all that `run_folder` and `rehearse` raise.
    `ready`: the tier is prepared."""
    plan = run_folder.planned(run)
    run_folder.check_new(folder)
    with closing(run_folder.tier_of(plan.run)) as tier:
        if not ready:
            prepare(tier, watch)
        with watch.phase("trying the tasks and the scaffold once"), Pool(tier, spares=0) as pool:
            measured = rehearse(plan.run, plan.scaffold, plan.tasks, pool)
    try:
        run_folder.write(folder, plan, measured)
    except StoreFull:
        raise RunFolderError(f"{folder}: no space left for a run; free some, or choose another folder") from None


def prepare(tier: Tier, watch: Watch = SILENT) -> None:
    """Make a tier ready, and end what killed runs left behind on it. Raises SandboxError."""
    with watch.phase(f"preparing {tier.name}") as tell:
        tier.prepare(tell)
        left = tier.reap()
    if left:
        watch.note(f"ended {left} guest{'s' if left > 1 else ''} that a killed run had left behind")


def go_on(run: OpenRun, watch: Watch = SILENT, *, reported: bool = True, budget_ends: bool = False) -> Stopwatch:
    """Work on a run until its last generation; then, if it is to be `reported`, score its seed and its best on the
    held-out split. Returns what that took. With `budget_ends` a spent budget is an end like any other.
    Raises Stopped and failures of ours."""
    stopwatch = Stopwatch()
    watch.opened(run)
    _generations(run, watch, stopwatch, budget_ends)
    if reported:
        held_out(run, watch)
        stopwatch.lap(REPORT)
    return stopwatch


def held_out(run: OpenRun, watch: Watch = SILENT) -> None:
    lineage = Lineage.growing(run.store)
    trees = list(dict.fromkeys(lineage.resolve(name) for name in ("seed", "best")))
    scored(run, trees, Split.HELD_OUT, watch)


def scored(run: OpenRun, trees: list[str], split: Split, watch: Watch = SILENT) -> None:
    """Score `trees` on a split. Raises UsageError when a sealed split was opened."""
    count = len(set(trees))
    with watch.phase(f"scoring {count} scaffold{'s' if count > 1 else ''} on the {split} split"):
        report(run, trees, split)


def _generations(run: OpenRun, watch: Watch, stopwatch: Stopwatch, budget_ends: bool) -> None:
    records = run.records()
    with watch.generations(run, records.lineage, stopwatch) as observer:
        run.store.event(_started(run.config))
        try:
            with _noted(run):
                run.loop(observer, records=records).run()
        except BudgetSpent as spent:
            if not budget_ends:
                raise
            watch.note(str(spent))
        finally:
            stopwatch.lap(GENERATIONS)


def _started(config: Run) -> events.Started:
    budget = config.budget.model_dump()
    return events.Started(config.generations, config.workers, budget, config.sandbox, **local.record(config))


@contextmanager
def _noted(run: OpenRun) -> Iterator[None]:
    """Say in the run's log why it stopped, if the disk still takes it."""
    try:
        yield
    except Stopped as stop:
        with suppress(StoreError):
            run.store.event(events.Stopped(redacted_error(str(stop))))
        raise
    run.store.event(events.Finished())
