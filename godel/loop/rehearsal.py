"""A run's tasks and its seed, tried once for real before the run's folder exists: what is broken shows while it can
still be mended. What is measured is what the run would measure first, and becomes part of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from godel.config import Run
from godel.errors import JudgeFailed, ScaffoldError
from godel.gate.imports import unloadable
from godel.gate.smoke import LIMITS, TOY, ToyUtility
from godel.gateway import NoModel
from godel.ledger import free
from godel.lineage import Split, Trial
from godel.loop.patience import AT_ONCE, patiently
from godel.sandbox.channel import Session
from godel.scaffold import Scaffold
from godel.scoring.evaluator import seeds_of
from godel.scoring.improvement import SCAFFOLD, Improve, improve
from godel.scoring.pool import Pool
from godel.scoring.references import MemoryShelf, References
from godel.tasks import Task, TaskError


def rehearse(run: Run, scaffold: Scaffold, tasks: Mapping[str, Task], pool: Pool) -> MemoryShelf:
    """The baselines of every task's first instance. Raises TaskError or ScaffoldError, with file and line, for
    what is broken, and SandboxError."""
    shelf = MemoryShelf()
    stages = {task.stage: [each for each in tasks.values() if each.stage == task.stage] for task in tasks.values()}
    with ThreadPoolExecutor(len(stages) + 1, thread_name_prefix="rehearsal") as threads:
        measures = (partial(_measure, run, stage, pool, shelf) for stage in stages.values())
        parts = [partial(_improves, run, scaffold, pool), *measures]
        for done in [threads.submit(_patient, part) for part in parts]:
            done.result()
    return shelf


def _patient(part: Callable[[], None]) -> None:
    try:
        patiently(part, lambda: None, delays_s=AT_ONCE)
    except JudgeFailed as error:
        raise TaskError(str(error)) from error


def _measure(run: Run, tasks: Sequence[Task], pool: Pool, shelf: MemoryShelf) -> None:
    baselines = References(pool, shelf)
    try:
        for task in tasks:
            seed = seeds_of(run.secret, Trial(task.name, Split.SEARCH, 0)).fresh
            task.normalise(None, *baselines.of(task, seed))
    finally:
        baselines.close()


def _improves(run: Run, scaffold: Scaffold, pool: Pool) -> None:
    """That the seed can be imported and, where that asks no model, improves a toy program without failing."""
    taken: list[Session] = []

    def sandbox() -> Session:
        if not taken or taken[-1].dead:
            taken.append(pool.take(SCAFFOLD))
        return taken[-1]

    try:
        if problem := unloadable(scaffold.program, sandbox, free):
            raise ScaffoldError(f"{scaffold.name}: can't be imported: {problem}")
        if not run.model.names:
            made = improve(sandbox, Improve(scaffold.program, TOY, ToyUtility(), NoModel(), 0, LIMITS))
            if made.program is None:
                raise ScaffoldError(f"{scaffold.name}: fails on a toy program: {made.failure}: {made.detail}")
    finally:
        for session in taken:
            pool.give_up(session)
