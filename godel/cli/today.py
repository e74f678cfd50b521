"""Scaffolds let loose on tasks now, outside of any run: nothing is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from godel.config import Run
    from godel.contract import Program
    from godel.lineage import Evaluation
    from godel.sandbox import Tier
    from godel.scoring.evaluator import Assessor, Trial
    from godel.tasks import Task


def load(run: Run, preset: str | None) -> dict[str, Task]:
    """The run's tasks, all of one size if that is given. Raises TaskError, UsageError."""
    from godel import tasks
    from godel.loop.run_folder import load_tasks

    if preset is None:
        return load_tasks(run)
    return {task.name: task for task in (tasks.load(name, preset) for name in run.tasks)}


def scores(
    run: Run,
    tasks: Mapping[str, Task],
    tier: Tier,
    scaffolds: Mapping[str, Program],
    seeds: int,
    quiet: bool,
) -> list[Evaluation]:
    """Every scaffold on every task, with the same `seeds` instances of the held-out split."""
    from godel.gateway.call_log import MemoryCallLog
    from godel.gateway.factory import open_gateway
    from godel.lineage import Split
    from godel.loop.patience import Renewed, patiently
    from godel.loop.run_folder import new_assessor
    from godel.scoring.evaluator import Trial
    from godel.scoring.pool import Pool
    from godel.scoring.references import Baselines, MemoryShelf

    from .work import prepare

    prepare(tier, quiet)
    found = []
    with Pool(tier) as pool, open_gateway(run.model, run.budget, MemoryCallLog()) as gateway:
        baselines = Baselines(pool, MemoryShelf())
        trials = [Trial(name, Split.HELD_OUT, seed) for name in tasks for seed in range(seeds)]
        with Renewed(lambda: new_assessor(run, tasks, pool, baselines, gateway)) as assessors:
            for program in scaffolds.values():
                found += patiently(lambda: _scored(assessors.now(), program, trials), assessors.end)  # noqa: B023 - called here
    return found


def _scored(assessor: Assessor, program: Program, trials: Sequence[Trial]) -> list[Evaluation]:
    with assessor.desk(program.digest) as desk:
        return [each.evaluation for each in assessor.assess(desk, program, trials)]
