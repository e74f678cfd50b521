"""What a terminal shows of a session, and what it says to go on with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from godel import called
from godel.loop.session import Watch

from . import formatting
from .console import say, sign_of_life
from .progress import watching

if TYPE_CHECKING:
    from godel.lineage.analysis.lineage import Lineage
    from godel.loop.open_run import OpenRun
    from godel.loop.run import Observer
    from godel.stopwatch import Stopwatch

RUNS = Path("runs")


class Terminal(Watch):
    """Shows it all on stderr, unless it is to be `quiet`."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet

    @contextmanager
    def phase(self, what: str) -> Iterator[Callable[[str], None]]:
        with sign_of_life(what, self.quiet) as tell:
            yield tell

    def note(self, line: str) -> None:
        say(line, self.quiet)

    @contextmanager
    def work(self, *command: str | Path) -> Iterator[None]:
        with resumable(called.command(*command)):
            yield

    def opened(self, run: OpenRun) -> None:
        """Where it goes on, if that is elsewhere than it began; that its wall clock starts anew; and, before a run with
        models begins, what they can cost at most, and whose price nobody knows."""
        from .places import difference, here, recorded

        if line := difference(recorded(run.store, run.store.seed), here(run.pool.tier), "goes on"):
            self.note(line)
        begun, wall_s = run.store.count() > 0, run.config.budget.wall_s
        if begun and wall_s is not None:
            self.note(f"budget.wall_s counts each session by itself: this one has {wall_s:g} s of its own")
        if begun:
            return
        from godel.power import out_of_reach

        if line := out_of_reach(run.config, run.tasks):
            self.note(line)
        if not run.config.model.names:
            return
        from godel.forecast import forecast
        from godel.gateway.checks import price_warnings

        foreseen = forecast(run.config, run.tasks, run.scaffold.typical)
        for line in [*price_warnings(run.config.model), formatting.ahead(foreseen)]:
            self.note(line)

    @contextmanager
    def generations(self, run: OpenRun, lineage: Lineage, stopwatch: Stopwatch) -> Iterator[Observer]:
        with watching(run.config, self.quiet, stopwatch) as progress:
            progress.catch_up(lineage)
            yield progress


def new_folder(prefix: str = "") -> Path:
    """runs/PREFIX<n>, the first number that is free after those in use."""
    used = [path.name.removeprefix(prefix) for path in RUNS.glob(f"{prefix}*")] if RUNS.is_dir() else []
    return RUNS / f"{prefix}{max((int(name) for name in used if name.isdigit()), default=0) + 1}"


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
