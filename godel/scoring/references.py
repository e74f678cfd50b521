"""What 0 and 1 mean on an instance: the initial program and the reference, measured.

RE-Bench's rule needs both values on the very instance that a candidate is scored on. They
are measured once, by a bench that has run nothing else, and kept with the run.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Protocol

from godel.errors import JudgeFailed
from godel.lineage import Baseline
from godel.sandbox import SandboxError
from godel.sandbox.guest.jobs import UNEXPLAINED
from godel.scoring.bench import Bench, Judge
from godel.scoring.pool import Pool
from godel.tasks import Task, TaskError


class Shelf(Protocol):
    """Where what was measured is kept: a run's store."""

    def put_baseline(self, task_version: str, seed: int, start: float, reference: float) -> None: ...


class MemoryShelf:
    """Keeps baselines for the life of the process."""

    def __init__(self, known: Iterable[Baseline] = ()) -> None:
        self._values: dict[tuple[str, int], tuple[float, float]] = {}
        self.add(known)

    def baseline(self, task_version: str, seed: int) -> tuple[float, float] | None:
        return self._values.get((task_version, seed))

    def put_baseline(self, task_version: str, seed: int, start: float, reference: float) -> None:
        self._values[task_version, seed] = start, reference

    def add(self, known: Iterable[Baseline]) -> None:
        """What was measured elsewhere. What is here already stays."""
        for each in known:
            self._values.setdefault((each.task_version, each.seed), (each.start, each.reference))

    def copy_to(self, other: Shelf) -> None:
        for (task_version, seed), values in self._values.items():
            other.put_baseline(task_version, seed, *values)


class Yardstick:
    """A bench for the tasks' own programs only, so that it can stay warm for a whole run."""

    def __init__(self, pool: Pool) -> None:
        self.lock = threading.Lock()
        self._judge = Judge(pool)
        self._bench = Bench(pool, self._judge)
        self.cost_s = 0.0
        """CPU seconds that were not billed yet."""

    def value(self, task: Task, which: str, seed: int) -> float:
        program = task.initial if which == "initial" else task.reference
        outcome = self._bench.evaluate(task, program, seed, recorded=False)
        self.cost_s += outcome.cost_s
        if outcome.value is None:
            problem = f"{task.name}: its {which} program fails: {outcome.failure}: {outcome.detail}"
            raise (JudgeFailed if outcome.failure in UNEXPLAINED else TaskError)(problem.removesuffix(": "))
        return outcome.value

    def close(self) -> None:
        self._bench.close()
        self._judge.close()


class References:
    """(start, reference) by task and instance seed. Thread-safe: each stage of tasks has a
    yardstick of its own, so that the cheap ones do not wait for the costly."""

    def __init__(self, pool: Pool, shelf: MemoryShelf) -> None:
        self._pool, self._shelf = pool, shelf
        self._lock = threading.Lock()
        self._yardsticks: dict[int, Yardstick] = {}
        self._due_s = 0.0

    def of(self, task: Task, seed: int) -> tuple[float, float]:
        """Raises TaskError when a task's own programs fail on its own instance."""
        known = self._shelf.baseline(task.version, seed)
        return known or self._measure(task, seed)

    def learn(self, known: Iterable[Baseline]) -> None:
        """What was measured elsewhere, so that it is not measured here again."""
        self._shelf.add(known)

    def bill(self) -> float:
        """CPU seconds since the last bill: whoever asks first pays for what all share."""
        with self._lock:
            due, self._due_s = self._due_s, 0.0
        return due

    def close(self) -> None:
        for yardstick in self._yardsticks.values():
            yardstick.close()
        self._yardsticks.clear()

    def _measure(self, task: Task, seed: int) -> tuple[float, float]:
        yardstick = self._yardstick(task.stage)
        try:
            return self._measured(yardstick, task, seed)
        except (SandboxError, JudgeFailed):  # a guest of it may be gone: whoever tries again gets a new one
            self._drop(task.stage, yardstick)
            raise

    def _yardstick(self, stage: int) -> Yardstick:
        with self._lock:
            if stage not in self._yardsticks:
                self._yardsticks[stage] = Yardstick(self._pool)
            return self._yardsticks[stage]

    def _drop(self, stage: int, yardstick: Yardstick) -> None:
        with self._lock:
            if self._yardsticks.get(stage) is not yardstick:
                return
            del self._yardsticks[stage]
        yardstick.close()

    def _measured(self, yardstick: Yardstick, task: Task, seed: int) -> tuple[float, float]:
        with yardstick.lock:
            known = self._shelf.baseline(task.version, seed)  # another thread may have been first
            if known is None:
                try:
                    known = yardstick.value(task, "initial", seed), yardstick.value(task, "reference", seed)
                finally:
                    self._owe(yardstick)
                self._shelf.put_baseline(task.version, seed, *known)
            return known

    def _owe(self, yardstick: Yardstick) -> None:
        with self._lock:
            self._due_s, yardstick.cost_s = self._due_s + yardstick.cost_s, 0.0


class Used:
    """References, with a note of those that were asked for: whoever records a score records them with it."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._noted: dict[tuple[str, int], tuple[float, float]] = {}

    def of(self, task: Task, seed: int) -> tuple[float, float]:
        """Raises TaskError when a task's own programs fail on its own instance."""
        values = self._noted[task.version, seed] = self._references.of(task, seed)
        return values

    def bill(self) -> float:
        """CPU seconds since the last bill."""
        return self._references.bill()

    def take(self) -> tuple[Baseline, ...]:
        """Those that were noted since this was last asked."""
        noted, self._noted = self._noted, {}
        return tuple(Baseline(version, seed, *values) for (version, seed), values in noted.items())
