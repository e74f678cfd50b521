"""Tasks and scaffolds in this process, for what is measured by the thousand. Only for programs of ours and their blind
edits: nothing is isolated here but by a limit of CPU time.

A score is on the laboratory's scale, by the task's own driver and judge: 0 the initial program, 1 the reference, -1 a
failure. As in a run, a scaffold searches on one instance, and what it hands in is scored on another.
"""

from __future__ import annotations

import importlib
import random
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from types import ModuleType
from typing import Any

from godel.contract import BudgetExhausted, Context, Program, Score
from godel.contract.loader import load, module_name
from godel.gateway import NoModel
from godel.tasks import Task
from godel.tasks import load as load_task
from godel.tasks.judging import CandidateFailed

CPU_S = 20.0
"""That an improve may take, as in a run."""

Improve = Callable[[Program, Any, Any, random.Random], Program]


class TookTooLong(BaseException):
    """More CPU time than it may take. No Exception, so that what is limited can't catch it by the way."""


class Here:
    """A program as a candidate, in this process."""

    recorded = False

    def __init__(self, task: Task, program: Program) -> None:
        self._task, self._text = task, program.files[program.entry]
        self._program = ModuleType("main")

    def start(self) -> None:
        self._program = ModuleType("main")
        self._answer(lambda: exec(self._text, vars(self._program)))

    def call(self, request: Any) -> Any:
        if self._task.judged_by == "reading":
            return self._text
        driver = importlib.import_module(f"godel.tasks.{self._task.name}.driver")
        return self._answer(lambda: driver.run(self._program, request))

    @staticmethod
    def _answer(ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except (CandidateFailed, TookTooLong):
            raise
        except Exception as error:  # whatever the program does, it is the program's failure
            raise CandidateFailed("crash", repr(error)) from None


@lru_cache(maxsize=64)
def task_named(name: str) -> Task:
    return load_task(name)


@lru_cache(maxsize=512)
def instance(name: str, seed: int) -> Any:
    judge = importlib.import_module(f"godel.tasks.{name}.judge")
    return judge.instance(seed, task_named(name).preset)


@lru_cache(maxsize=4096)
def ends(name: str, seed: int) -> tuple[float, float]:
    """What 0 and 1 mean on an instance: the values of the initial program and of the reference."""
    task = task_named(name)
    start, reference = value(name, task.initial, seed), value(name, task.reference, seed)
    return start, reference


def value(name: str, program: Program, seed: int) -> float:
    """In the judge's unit. Raises CandidateFailed."""
    judge = importlib.import_module(f"godel.tasks.{name}.judge")
    return float(judge.score(instance(name, seed), Here(task_named(name), program)).value)


def score(name: str, program: Program, seed: int) -> Score:
    """On the laboratory's scale. Raises CandidateFailed where the task's own programs fail: it can't be run here."""
    start, reference = ends(name, seed)
    try:
        found = value(name, program, seed)
    except CandidateFailed as failed:
        return Score(-1.0, failed.reason, failed.detail)
    return Score(round(task_named(name).normalise(found, start, reference), 4))


@dataclass
class CountedUtility:
    """The utility of one improve: a task on the instance of a seed, so many times."""

    task: str
    seed: int
    remaining: int
    context: Context | None = None
    description: str = ""
    known: dict[str, Score] = field(default_factory=dict)

    def __call__(self, program: Program) -> Score:
        if self.remaining <= 0:
            raise BudgetExhausted(self.task)
        self.remaining -= 1
        if program.digest not in self.known:
            self.known[program.digest] = score(self.task, program, self.seed)
        return self.known[program.digest]

    def judged(self, program: Program, score: float) -> None:
        pass


@contextmanager
def scaffold(program: Program) -> Iterator[Improve]:
    """Its function `improve`, loaded from memory; nothing of it stays behind. Raises whatever loading it raises."""
    names = [module_name(path) for path in program.files if path.endswith(".py")]
    kept = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    finders = list(sys.meta_path)
    try:
        yield load(program).improve
    finally:
        sys.meta_path[:] = finders
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(kept)


@contextmanager
def limited(cpu_s: float = CPU_S) -> Iterator[None]:
    """Raises TookTooLong in what takes more CPU time. In the main thread of a process only."""

    def stop(number: int, frame: Any) -> None:
        raise TookTooLong(f"over {cpu_s:g} s of CPU time")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, cpu_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def gained(improve: Improve, name: str, seed: int, calls: int, cpu_s: float = CPU_S) -> float:
    """What `improve` makes of a task's initial program with so many calls of the utility, on a fresh instance; -1 where
    it fails, as in a run. Raises TookTooLong."""
    utility = CountedUtility(name, seed, calls)
    ends(name, seed), ends(name, FRESH + seed)  # what is wrong with the task itself is no failure of `improve`
    try:
        with limited(cpu_s):
            made = improve(task_named(name).initial, utility, NoModel(), random.Random(seed))
            return float(score(name, made, FRESH + seed))
    except TookTooLong:
        raise
    except Exception:  # the failure of what is measured: a result
        return -1.0


FRESH = 1_000_000
"""Beyond it are the seeds of the instances that score what was handed in."""


def proposed(improve: Improve, program: Program, seed: int) -> Program | None:
    """What a scaffold proposes blind of a program, itself for one; None where it fails or changes nothing."""
    try:
        with limited():
            made = improve(program, CountedUtility("", seed, 0), NoModel(), random.Random(seed))
    except (Exception, TookTooLong):  # the failure of what is measured: a result
        return None
    return made if isinstance(made, Program) and made != program else None
