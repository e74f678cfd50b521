"""What a run looks like while it runs: a live picture in a terminal, a line a generation elsewhere."""

from __future__ import annotations

import sys
import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from godel.lineage import Generation, Spend, Status, Step
from godel.stopwatch import SEED, Stopwatch

from . import formatting
from .console import err
from .failure import shortened
from .signals import raise_if_lost

if TYPE_CHECKING:
    from rich.console import Group, RenderableType

    from godel.config import Run
    from godel.lineage.analysis.lineage import Lineage

REFRESHES = 2
"""A second. Each costs about 20 ms, which the run's own two cores pay for."""

REASON = 250
"""Characters of a reason: the place of a failure is at its end."""

LAST = 4
"""How many accepted self-edits are shown."""


class Busy(NamedTuple):
    parent: str
    since: float
    note: str


class Best(NamedTuple):
    score: float
    generation: int
    tree: str


class Progress:
    """The state of a run as its observer sees it. Called from several threads."""

    def __init__(self, run: Run, watch: Stopwatch | None = None) -> None:
        self._run, self._watch = run, watch or Stopwatch()
        self._lock = threading.Lock()
        self._busy: dict[int, Busy] = {}
        self._names: dict[str, int] = {}
        self.counts: Counter[Status] = Counter()
        self.accepted: deque[Generation] = deque(maxlen=LAST)
        self.best: Best | None = None
        self._before = 0
        self._seed, self._spent = Spend(), Spend()

    def catch_up(self, lineage: Lineage) -> None:
        """Take over what was recorded before this process began."""
        for step in lineage.steps:
            self._count(step)
        accepted = [step.index for step in lineage.steps if step.status is Status.ACCEPTED]
        self.accepted.extend(lineage.generation(index) for index in accepted[-LAST:])
        for member in lineage.members():
            self._compare(Best(member.score, member.index, member.tree))
        self._before = self.done
        self._seed, self._spent = lineage.spend(0), lineage.spend()

    @property
    def done(self) -> int:
        """Generations after the seed."""
        return max(0, self.counts.total() - 1)

    def started(self, index: int, parent: str) -> None:
        raise_if_lost()
        with self._lock:
            self._busy[index] = Busy(parent, self._watch.elapsed_s(), "")

    def recorded(self, generation: Generation, score: float) -> None:
        with self._lock:
            if generation.status is Status.SEED:
                self._watch.lap(SEED)
            self._busy.pop(generation.index, None)
            self._count(generation)
            self._spent += generation.spend
            if generation.status is Status.SEED:
                self._seed = generation.spend
            if generation.status is Status.ACCEPTED:
                self.accepted.append(generation)
            if generation.kept and generation.child:
                self._compare(Best(score, generation.index, generation.child))

    def waiting(self, index: int, problem: str, delay_s: float) -> None:
        with self._lock:
            busy = self._busy.get(index, Busy("", self._watch.elapsed_s(), ""))
            self._busy[index] = busy._replace(note=_wait(problem, delay_s))

    def _count(self, step: Step) -> None:
        self.counts[step.status] += 1
        if step.child:
            self._names.setdefault(step.child, step.index)

    def _compare(self, other: Best) -> None:
        if self.best is None or other.score > self.best.score:
            self.best = other

    def left_s(self) -> float | None:
        """Seconds to go at the pace of the generations so far, no more than the budget lets them go on.
        None: nobody knows yet."""
        elapsed, budget = self._watch.elapsed_s(), self._run.budget
        left = None if budget.wall_s is None else max(0.0, budget.wall_s - elapsed)
        made = self.done - self._before
        if not made:
            return left or None
        pace = (elapsed - self._watch.laps.get(SEED, 0.0)) / made
        in_full = pace * (self._run.generations - self.done)
        due = pace * max(0, budget.at_least_generations - self.done)
        return in_full if left is None else min(in_full, max(left, due))

    def overtime(self) -> str:
        """That the wall clock's budget is over and the run goes on all the same, and what took so long; or ""."""
        budget, elapsed = self._run.budget, self._watch.elapsed_s()
        if budget.wall_s is None or elapsed <= budget.wall_s or self.done >= budget.at_least_generations:
            return ""
        seed, made = self._watch.laps.get(SEED, 0.0), self.done - self._before
        parts = [f"scoring the seed took {formatting.duration(seed)}"] if seed else []
        parts += [f"{formatting.count(made, 'generation')} took {formatting.duration(elapsed - seed)}"] if made else []
        why = f": {', '.join(parts)}" if parts else ""
        least = formatting.count(budget.at_least_generations, "generation")
        return (
            f"this takes longer than the {budget.wall_s:g} s of budget.wall_s{why}; it goes on until {least} are made"
        )

    def cost(self) -> str:
        """What models have cost, and what is to be expected; "" in a run that asks none."""
        if not self._spent.model_calls:
            return ""
        from godel.forecast import more_to_come

        left = self._run.generations - self.done
        return formatting.expected(self._spent, more_to_come(self._seed, self._spent, self.done, left))

    def __rich__(self) -> Group:
        from rich.console import Group

        with self._lock:
            return Group(self._headline(), *self._late(), self._standing(), *self._workers(), *self._edits())

    def _headline(self) -> RenderableType:
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        left = self.left_s()
        row = Table.grid(padding=(0, 1), expand=True)
        row.add_column(no_wrap=True)
        row.add_column(ratio=1)
        row.add_column(no_wrap=True, justify="right")
        row.add_row(
            f"generation {self.done} of {self._run.generations}",
            ProgressBar(self._run.generations, self.done),
            f"{formatting.duration(left)} left" if left is not None else "",
        )
        return row

    def _late(self) -> Iterator[RenderableType]:
        from rich.text import Text

        if line := self.overtime():
            yield Text(line, style="yellow")
        if line := self.cost():
            yield Text(line, style="dim")

    def _standing(self) -> RenderableType:
        from rich.text import Text

        best = f"{formatting.node(self.best.generation, self.best.tree)}  {self.best.score:+.3f}" if self.best else "…"
        line = Text.assemble(("best  ", "bold"), best, "   ", no_wrap=True, overflow="ellipsis")
        for status in list(Status)[1:]:
            if self.counts[status]:
                line.append(f"  {self.counts[status]} {status}", formatting.COLOURS[status])
        return line

    def _workers(self) -> Iterator[RenderableType]:
        from rich.text import Text

        if not self.counts:
            yield Text("the seed is being scored", style="dim")
        for index, busy in sorted(self._busy.items()):
            what = f"g{index}: g{self._names.get(busy.parent, 0)} edits itself, the child is scored"
            seconds = f"{self._watch.elapsed_s() - busy.since:.0f} s"
            yield Text(
                f"  {busy.note or what}  {seconds}",
                style="red" if busy.note else "dim",
                overflow="ellipsis",
                no_wrap=True,
            )

    def _edits(self) -> Iterator[RenderableType]:
        from rich.text import Text

        for generation in self.accepted:
            what = "; ".join(formatting.edit(edit, 48) for edit in generation.edits)
            yield Text(
                f"  g{generation.index} {formatting.gain(generation)}  {what}",
                style="green",
                no_wrap=True,
                overflow="ellipsis",
            )


class Lines(Progress):
    """The same, a line for each generation: for logs and pipes."""

    _late_told = False

    def recorded(self, generation: Generation, score: float) -> None:
        super().recorded(generation, score)
        rest = line_of(generation) if generation.status is not Status.SEED else f"g0 seed {score:+.3f}"
        print(f"{self.done}/{self._run.generations}  {rest}", file=sys.stderr, flush=True)
        if not self.done & (self.done - 1) and (line := self.cost()):  # after the seed, 1, 2, 4, 8 … generations
            print(line, file=sys.stderr, flush=True)
        if not self._late_told and (line := self.overtime()):
            self._late_told = True
            print(line, file=sys.stderr, flush=True)

    def waiting(self, index: int, problem: str, delay_s: float) -> None:
        super().waiting(index, problem, delay_s)
        print(f"g{index} {_wait(problem, delay_s)}", file=sys.stderr, flush=True)


def _wait(problem: str, delay_s: float) -> str:
    return f"waits {delay_s:.0f} s: {formatting.cut(shortened(problem), 200)}"


def line_of(generation: Generation) -> str:
    """A generation in a line: what became of it, what it gained, what was edited."""
    edits = "; ".join(formatting.edit(edit, 24) for edit in generation.edits)
    why = formatting.gain(generation) or formatting.cut(
        ": ".join(filter(None, (generation.rung, generation.why))), REASON
    )
    return "  ".join(part for part in (f"g{generation.index} {generation.status}", why, edits) if part)


@contextmanager
def watching(run: Run, quiet: bool, watch: Stopwatch) -> Iterator[Progress]:
    """An observer, shown while the block runs."""
    if quiet or not err().is_terminal:
        yield Progress(run, watch) if quiet else Lines(run, watch)
        return
    from rich.live import Live

    progress = Progress(run, watch)
    with Live(progress, console=err(), refresh_per_second=REFRESHES, transient=True):
        yield progress
