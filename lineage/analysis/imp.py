"""imp@k of scaffolds as it was measured: how much a frozen scaffold improves programs with k utility calls.

A gain is the score of what the scaffold handed in, on an instance that it had not seen, minus that of the initial
program there, which is 0. Two scaffolds are paired by (target, instance). The unit of the mean is the target: its
interval is that of a claim about targets like these, with one value each. `fixed` is the interval of the claim about
these very targets, whose unit is the pair.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .. import Spend
from ..records.events import Measured, MeasuringBegun
from . import statistics
from .lineage import Lineage
from .statistics import Interval

Gains = Mapping[str, Mapping[int, float]]
"""By target, by instance."""


@dataclass(frozen=True)
class Imp:
    """What was measured of one scaffold. `over_seed` is None for the seed, and where that has no pair with it."""

    node: str
    name: str
    generation: int | None  # None for a scaffold that is no node of the run
    targets: Mapping[str, Interval]
    mean: Interval  # the unit is the target; with one target only, the pair
    fixed: Interval
    over_seed: Interval | None  # as `mean`, of the paired differences
    over_seed_fixed: Interval | None
    failures: int
    spend: Spend


@dataclass(frozen=True)
class Measurement:
    """What was measured with so many `calls` on one set of targets, the seed first and then in order. `gains`: by
    scaffold. A scaffold that is not measured on all targets yet is in neither."""

    calls: int
    targets: Mapping[str, str]  # their versions, by name
    pairs: int
    scaffolds: Sequence[Imp]
    gains: Mapping[str, Gains]


def measurements(lineage: Lineage) -> list[Measurement]:
    """One for each k and set of targets that was asked for, in the order in which they were first."""
    asked: dict[tuple[int, frozenset[tuple[str, str]]], list[MeasuringBegun]] = defaultdict(list)
    for each in lineage.measured:
        if isinstance(each, MeasuringBegun):
            asked[each.calls, frozenset((target.name, target.version) for target in each.targets)].append(each)
    records = [each for each in lineage.measured if isinstance(each, Measured)]
    made = (_measurement(lineage, begun, records) for begun in asked.values())
    return [each for each in made if each.scaffolds]


def _measurement(lineage: Lineage, begun: Sequence[MeasuringBegun], records: Sequence[Measured]) -> Measurement:
    calls, pairs = begun[0].calls, max(each.pairs for each in begun)
    targets = {target.name: target.version for target in begun[0].targets}
    fitting = [
        each
        for each in records
        if each.calls == calls
        and each.evaluation.task_version == targets.get(each.evaluation.task)
        and each.evaluation.seed < pairs
    ]
    names = {tree: name for each in begun for tree, name in each.scaffolds.items()}
    by_tree: dict[str, list[Measured]] = defaultdict(list)
    for each in fitting:
        by_tree[each.evaluation.tree].append(each)
    gains = {tree: whole for tree, own in by_tree.items() if (whole := _gains(own)).keys() == targets.keys()}
    order = sorted(gains, key=lambda tree: lineage.nodes[tree].made.index if tree in lineage.nodes else len(lineage))
    scaffolds = [_imp(lineage, tree, names.get(tree, ""), by_tree[tree], gains) for tree in order]
    return Measurement(calls, targets, pairs, scaffolds, {tree: gains[tree] for tree in order})


def _gains(measured: Iterable[Measured]) -> Gains:
    by_target: dict[str, dict[int, float]] = defaultdict(dict)
    for each in measured:
        by_target[each.evaluation.task].setdefault(each.evaluation.seed, each.evaluation.score)
    return by_target


def _imp(lineage: Lineage, tree: str, name: str, own: Sequence[Measured], gains: Mapping[str, Gains]) -> Imp:
    values = {target: list(by_instance.values()) for target, by_instance in gains[tree].items()}
    node, seed = lineage.nodes.get(tree), lineage.generations[0].child or ""
    over = paired(gains[tree], gains[seed]) if seed in gains and tree != seed else {}
    return Imp(
        tree,
        name,
        node.made.index if node else None,
        {target: statistics.interval({target: each}) for target, each in values.items()},
        clustered(values),
        statistics.interval(values),
        clustered(over) if over else None,
        statistics.interval(over) if over else None,
        sum(each.evaluation.failure is not None for each in own),
        sum((each.evaluation.spend for each in own), Spend()),
    )


def paired(one: Gains, other: Gains) -> dict[str, list[float]]:
    """By target, one's gain minus the other's on every instance that both were measured on, in order."""
    return {target: values for target in one if (values := list(_differences(one[target], other.get(target, {}))))}


def _differences(one: Mapping[int, float], other: Mapping[int, float]) -> Iterator[float]:
    return (one[seed] - other[seed] for seed in sorted(one.keys() & other.keys()))


def clustered(values: statistics.Differences) -> Interval:
    """With the target as its unit; of a single target, with the pair."""
    return statistics.over_tasks(values) if len(values) > 1 else statistics.interval(values)
