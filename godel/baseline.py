"""What 0 and 1 mean on an instance: the initial program and the reference, measured.

RE-Bench's rule needs both values on the very instance that a candidate is scored on. They
are measured once, by a bench that has run nothing else, and kept with the run.
"""

from __future__ import annotations

import threading
from typing import Protocol

from godel.tasks import Task

from .bench import Bench, Judge
from .errors import JudgeFailed
from .pool import Pool


class Shelf(Protocol):
    """Where baselines are kept: the run's store, or memory."""

    def baseline(self, task_version: str, seed: int) -> tuple[float, float] | None: ...

    def put_baseline(self, task_version: str, seed: int, start: float, reference: float) -> None: ...


class MemoryShelf:
    """Keeps baselines for the life of the process."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, int], tuple[float, float]] = {}

    def baseline(self, task_version: str, seed: int) -> tuple[float, float] | None:
        return self._values.get((task_version, seed))

    def put_baseline(self, task_version: str, seed: int, start: float, reference: float) -> None:
        self._values[task_version, seed] = start, reference


class Baselines:
    """(start, reference) by task and instance seed. Thread-safe. Its bench runs the tasks'
    own programs only, so it can stay warm for the whole run."""

    def __init__(self, pool: Pool, shelf: Shelf) -> None:
        self._pool, self._shelf = pool, shelf
        self._lock = threading.Lock()
        self._judge: Judge | None = None
        self._bench: Bench | None = None

    def of(self, task: Task, seed: int) -> tuple[float, float]:
        """Raises JudgeFailed when a task's own programs fail on its own instance."""
        with self._lock:
            known = self._shelf.baseline(task.version, seed)
            if known is None:
                known = self._value(task, "initial", seed), self._value(task, "reference", seed)
                self._shelf.put_baseline(task.version, seed, *known)
        return known

    def close(self) -> None:
        if self._bench and self._judge:
            self._bench.close()
            self._judge.close()
        self._bench = self._judge = None

    def _value(self, task: Task, which: str, seed: int) -> float:
        if self._bench is None or self._judge is None:
            self._judge = Judge(self._pool)
            self._bench = Bench(self._pool, self._judge)
        program = task.initial if which == "initial" else task.reference
        outcome = self._bench.evaluate(task, program, seed, recorded=False)
        if outcome.value is None:
            raise JudgeFailed(f"{task.name}: its {which} program fails: {outcome.failure}; {outcome.detail}")
        return outcome.value
