"""What a parent's child gained, as it is recorded."""

from __future__ import annotations

from statistics import fmean
from typing import NamedTuple

from godel.lineage.analysis.statistics import differences

from . import View


class Gain(NamedTuple):
    """Mean over tasks of the mean paired difference, and the pairs that it rests on: 0 where there are none."""

    mean: float
    pairs: int


def gain(view: View, child: str, parent: str) -> Gain:
    paired = differences(view.scores(child), view.scores(parent))
    if not paired:
        return Gain(0.0, 0)
    return Gain(fmean(map(fmean, paired.values())), sum(map(len, paired.values())))
