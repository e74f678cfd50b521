"""How well a scaffold's own judgement agrees with the hidden score, and whether that drifts over generations.

A scaffold that judges its own drafts can come to please its judge instead of the task. Each trial
in which it judged several drafts gives one rank correlation (Kendall's tau-b: 1 the same order, 0 none).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .. import Judged, Split
from .lineage import Lineage
from .statistics import Interval, interval, kendall_tau, slope

LEAST_DRAFTS = 2
"""Of one trial, that have an order."""


class Agreement(NamedTuple):
    """Of the scaffold that a generation made, over the trials of the search split."""

    generation: int
    node: str
    drafts: int
    tau: Interval


class Calibration(NamedTuple):
    """`drift`: change of tau from one generation to the next; None with fewer than three generations."""

    generations: Sequence[Agreement]
    drift: Interval | None


def calibration(lineage: Lineage) -> Calibration:
    """In the order of generations; those that judged nothing are not there."""
    agreements = list(_agreements(lineage))
    points = [(float(each.generation), each.tau.mean) for each in agreements]
    return Calibration(agreements, slope(points) if len(points) > 2 else None)


def _agreements(lineage: Lineage) -> Iterator[Agreement]:
    for key, node in lineage.nodes.items():
        taus, drafts = defaultdict[str, list[float]](list), 0
        for each in lineage.scored(key, Split.SEARCH):
            drafts += len(each.judged)
            if (tau := kendall(each.judged)) is not None:
                taus[each.task].append(tau)
        if taus:
            yield Agreement(node.made.index, key, drafts, interval(taus))


def kendall(pairs: Sequence[Judged]) -> float | None:
    """Kendall's tau-b; None where the scores have no order. A judge that says the same of all drafts
    agrees with none: 0, or a judge that comes to like everything would be left out."""
    if len({each.score for each in pairs}) < LEAST_DRAFTS:
        return None
    if len({each.claimed for each in pairs}) < LEAST_DRAFTS:
        return 0.0
    return kendall_tau([each.claimed for each in pairs], [each.score for each in pairs])
