"""Scaffolds let loose on tasks now, outside of any run: nothing is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from godel.config import Run
    from godel.contract import Program
    from godel.lineage import Evaluation
    from godel.sandbox import Tier
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
    from godel.lineage import Split, Trial
    from godel.loop.batch import batch
    from godel.loop.orders import Evaluate
    from godel.loop.patience import AT_ONCE
    from godel.loop.preflight import check_packages
    from godel.loop.session import prepare
    from godel.loop.threads import Threads
    from godel.loop.worker import Services, Setup
    from godel.scoring.pool import Pool
    from godel.scoring.references import MemoryShelf, References

    from .work import Terminal

    check_packages(tasks.values(), tier)
    prepare(tier, Terminal(quiet))
    trials = [Trial(name, Split.HELD_OUT, seed) for name in tasks for seed in range(seeds)]
    orders = [Evaluate(each.digest, each, (trial,)) for each in scaffolds.values() for trial in trials]
    with (
        Pool(tier) as pool,
        open_gateway(run.model, run.budget, MemoryCallLog()) as gateway,
        closing(References(pool, MemoryShelf())) as references,
    ):
        executor = Threads(Setup(run, (), tasks), Services(pool, references, gateway), AT_ONCE)
        results = dict(batch(executor, orders))
        return [each for number in sorted(results) for each in results[number].evaluations]
