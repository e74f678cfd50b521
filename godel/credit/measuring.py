"""imp@k, measured directly: a scaffold, frozen, improves each target's initial program with k utility calls, and what
it hands in is scored on a fresh instance.

The measure is that of Hyperagents (DGM-H, 2026): the gain of a task's program after k modifications by a frozen
improver, over the initial one. A score is normalised by the initial and the reference program on the very same
instance, so the initial program has 0 there and the score is the paired gain, in units of the way to the reference.
Every scaffold meets the same instances, with the same random numbers: two scaffolds, or two k, are paired by (target,
instance).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from godel import config
from godel.constants import searcher_of
from godel.contract import Program
from godel.lineage import Split, Trial
from godel.lineage.records.events import Measured, MeasuringBegun, Target
from godel.lineage.store import Store
from godel.lineage.store.codec import digest
from godel.loop.batch import batch
from godel.loop.open_run import OpenRun
from godel.loop.orders import Evaluate
from godel.loop.preflight import check_packages
from godel.loop.records import Records
from godel.tasks import Task
from godel.tasks.record import to_bytes

STEPS = 20
"""How often it is said how far a measurement is."""

Tell = Callable[[str], None]
Scaffolds = Mapping[str, Program]
"""By what each is called; among them what stands for a searcher (`godel.constants`)."""


@dataclass(frozen=True)
class Plan:
    """What is to be measured: with so many utility `calls` on every target, on so many instances (`pairs`) of it."""

    calls: int
    pairs: int
    targets: Mapping[str, Task]

    def measures(self, calls: int, versions: Mapping[str, str]) -> bool:
        """Whether this is on those versions of those targets, with as many calls."""
        return calls == self.calls and versions == {name: task.version for name, task in self.targets.items()}

    def trials(self) -> list[Trial]:
        """All targets once, then again: what is stopped early has them all."""
        return [Trial(name, Split.HELD_OUT, seed) for seed in range(self.pairs) for name in self.targets]


def measure(run: OpenRun, plan: Plan, scaffolds: Scaffolds, tell: Tell) -> int:
    """Measure what is not recorded yet, and record each gain as it comes; how many that were. Raises failures of ours:
    what is recorded stays, and the rest is measured when this is called again."""
    check_packages(plan.targets.values(), run.pool.tier)
    lab = with_calls(run, plan)
    records = lab.records()
    orders = _orders(lab, records, plan, scaffolds)
    if orders:
        _begin(run.store, plan, scaffolds)
    for done, (_, result) in enumerate(batch(lab.executor(), orders), 1):
        records.add_measured(result, plan.calls)
        if done % max(1, len(orders) // STEPS) == 0 or done == len(orders):
            tell(f"imp@{plan.calls}: {done} of {len(orders)} measured")
    return len(orders)


def with_calls(run: OpenRun, plan: Plan) -> OpenRun:
    """The same run, whose improves work on the targets and have that many calls. Its limits on the time of a scaffold's
    own process, which keep it from hanging, grow with the calls; budgets for language models are spend, and stay."""
    improve = run.config.improve
    times = max(1.0, plan.calls / max(1, improve.calls))
    given = {"calls": plan.calls, "costly_calls": plan.calls}
    limits = {"cpu_s": improve.cpu_s * times, "wall_s": improve.wall_s * times}
    changed: config.Improve = improve.model_copy(update={**given, **limits})
    setup = replace(run.setup, run=run.config.model_copy(update={"improve": changed}), tasks=plan.targets)
    return replace(run, setup=setup)


def _orders(lab: OpenRun, records: Records, plan: Plan, scaffolds: Scaffolds) -> Sequence[Evaluate]:
    have = {
        (each.calls, each.evaluation.tree, each.evaluation.task_version, each.evaluation.trial)
        for each in lab.store.happened(Measured)
    }
    schedule = lab.schedule(records)
    return [
        replace(schedule.evaluate(f"imp@{plan.calls} {program.digest}", program, trial), searcher=searcher_of(program))
        for trial in plan.trials()
        for program in {each.digest: each for each in scaffolds.values()}.values()
        if (plan.calls, program.digest, plan.targets[trial.task].version, trial) not in have
    ]


def _begin(store: Store, plan: Plan, scaffolds: Scaffolds) -> None:
    """With the tasks whole, and the sources of scaffolds that are no nodes: the file is all that a reader needs."""
    tasks = {name: to_bytes(task) for name, task in plan.targets.items()}
    named = tuple(Target(name, task.version, digest(tasks[name])) for name, task in plan.targets.items())
    begun = MeasuringBegun(plan.calls, plan.pairs, named, {each.digest: name for name, each in scaffolds.items()})
    store.event(begun, [*tasks.values(), *(each.to_bytes() for each in scaffolds.values())])
