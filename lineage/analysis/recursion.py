"""Does an improved improver improve better, step by step? From measured imp@k along the line from the seed to the best.

**Recursion coefficient**: imp@k at depth d + 1 over imp@k at depth d, on the same targets and instances. Above 1 each
step makes a better improver; a coefficient that falls towards 1 says that later edits add less.

**Slope**: how the mean gain of a scaffold's scored children, over it, goes with the imp@k that was measured of the
scaffold that proposed them. One point a proposer; above 0, better improvers make better improvers.

**Returns r**: how often the capability doubles each time the cumulative effort doubles, d log A / d log I. That is the
returns parameter of the literature on software feedback (Eth and Davidson 2025, "Will AI R&D Automation Cause a
Software Intelligence Explosion?"; Davidson and Houlden 2025: about 1.2, from 0.4 to 3.6; r > 1 would let a feedback
loop speed up). There A is the efficiency of AI software and I the research input so far. Here A is imp@k, the gain at
fixed spend, and I the evaluations that the run had spent when the scaffold was recorded; r is the least-squares slope
of log A on log I over the line from the seed to the best. imp@k has a ceiling, so r falls near it; a line is what
selection left of many, so r is no forecast. Where imp@k of a scaffold is not clearly above 0 it has no logarithm, and r
is not known.

Intervals are percentile bootstraps (2,000 resamples, 95 %) that draw targets first and then instances within each, the
same for all scaffolds; with two or three targets they are too narrow. They hold what these targets and instances leave
open, and nothing of what another run would do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import NamedTuple

from . import credit, statistics
from .imp import Gains, Measurement
from .lineage import Lineage
from .statistics import Interval

RESAMPLES = 2_000
TAIL = 0.025
LEAST = 3
"""Points, for a slope or r."""


@dataclass(frozen=True)
class Samples:
    """By scaffold, its imp@k: first as it was measured, then in each resample. `pairs`: the instances behind each."""

    means: Mapping[str, Sequence[float]]
    pairs: int

    def positive(self, tree: str) -> bool:
        """Whether it is clearly above 0."""
        values = self.means[tree]
        return values[0] > 0 and sum(value <= 0 for value in values) <= TAIL * len(values)

    def interval(self, number: Callable[[Mapping[str, float]], float], trees: Sequence[str]) -> Interval:
        """Of a number that follows from the imp@k of these scaffolds, where all of them are above 0."""
        rows = [dict(zip(trees, row, strict=True)) for row in zip(*(self.means[tree] for tree in trees), strict=True)]
        values = [number(row) for row in rows if min(row.values()) > 0]
        ordered = sorted(values[1:])
        low, high = (ordered[int(share * (len(ordered) - 1))] for share in (TAIL, 1 - TAIL))
        return Interval(values[0], low, high, self.pairs)


class Known(NamedTuple):
    """A number with its interval, or why it is not known."""

    value: Interval | None
    problem: str = ""


class Step(NamedTuple):
    """From one generation on the line to the next."""

    parent: int
    child: int
    coefficient: Known


@dataclass(frozen=True)
class Recursion:
    calls: int
    targets: tuple[str, ...]
    line: Sequence[int]  # the generations on the line that were measured
    steps: Sequence[Step]
    slope: Known
    returns: Known


def recursion(lineage: Lineage, measured: Measurement) -> Recursion:
    path = [node for node in lineage.path(lineage.best) if node.key in measured.gains] if lineage.best else []
    index = {node.key: node.made.index for node in path}
    samples = resampled(measured.gains, list(index))
    return Recursion(
        measured.calls,
        tuple(measured.targets),
        list(index.values()),
        [Step(index[one], index[other], _coefficient(samples, one, other, index)) for one, other in pairwise(index)],
        slope(lineage, measured),
        _returns(samples, index, {tree: lineage.spend(at).evaluations for tree, at in index.items()}),
    )


def resampled(gains: Mapping[str, Gains], trees: Sequence[str]) -> Samples:
    """By targets, then by instances within each; all `trees` meet the same draws."""
    shared, rng = _shared(gains, trees), Random(0)
    draws = [list(shared.items())]
    for _ in range(RESAMPLES):
        chosen = rng.choices(list(shared), k=len(shared)) if shared else []
        draws.append([(target, rng.choices(shared[target], k=len(shared[target]))) for target in chosen])
    means = {tree: [_mean(gains[tree], draw) for draw in draws] for tree in trees}
    return Samples(means, sum(map(len, shared.values())))


def slope(lineage: Lineage, measured: Measurement) -> Known:
    points = [
        (_mean(own, [(target, list(seeds)) for target, seeds in own.items()]), gained.mean)
        for proposer, own in measured.gains.items()
        if proposer in lineage.nodes and (gained := credit.offspring(lineage, proposer))
    ]
    if len(points) < LEAST or len({x for x, _ in points}) < 2:
        return Known(None, f"{len(points)} measured proposers with scored children; it takes {LEAST} that differ")
    return Known(statistics.slope(points))


def _coefficient(samples: Samples, parent: str, child: str, index: Mapping[str, int]) -> Known:
    if not samples.positive(parent):
        return Known(None, f"imp@k of g{index[parent]} is not clearly above 0")
    if not samples.positive(child):
        return Known(None, f"imp@k of g{index[child]} is not clearly above 0")
    return Known(samples.interval(lambda means: means[child] / means[parent], [parent, child]))


def _returns(samples: Samples, index: Mapping[str, int], efforts: Mapping[str, int]) -> Known:
    if len({*efforts.values()}) < LEAST:
        return Known(None, f"{len(index)} scaffolds on the line were measured; it takes {LEAST}")
    if min(efforts.values()) < 1:
        return Known(None, "no evaluation is recorded of the first of them")
    for tree, at in index.items():
        if not samples.positive(tree):
            return Known(None, f"imp@k of g{at} is not clearly above 0, and has no logarithm")
    logs = {tree: math.log(effort) for tree, effort in efforts.items()}

    def fitted(means: Mapping[str, float]) -> float:
        return _fitted([(logs[tree], math.log(mean)) for tree, mean in means.items()])

    return Known(samples.interval(fitted, list(index)))


def _fitted(points: Sequence[tuple[float, float]]) -> float:
    """The slope of the least-squares line."""
    x, y = (math.fsum(each) / len(points) for each in zip(*points, strict=True))
    return math.fsum((a - x) * (b - y) for a, b in points) / math.fsum((a - x) ** 2 for a, _ in points)


def _shared(gains: Mapping[str, Gains], trees: Sequence[str]) -> dict[str, list[int]]:
    """By target, the instances that all of them were measured on."""
    if not trees:
        return {}
    return {
        target: seeds
        for target in gains[trees[0]]
        if (seeds := sorted(set.intersection(*({*gains[tree].get(target, {})} for tree in trees))))
    }


def _mean(gains: Gains, draw: Sequence[tuple[str, Sequence[int]]]) -> float:
    """Each target weighs the same, however many instances it has."""
    parts = [math.fsum(gains[target][seed] for seed in seeds) / len(seeds) for target, seeds in draw]
    return math.fsum(parts) / len(parts) if parts else 0.0
