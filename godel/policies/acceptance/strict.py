"""Keep a child whose mean is above its parent's on the same trials, by however little."""

from __future__ import annotations

from dataclasses import dataclass

from godel.lineage.analysis.statistics import interval
from godel.policies import Differences

from . import Decision, Hypothesis, accepted


@dataclass(frozen=True)
class Strict:
    """A mean above the parent's on the same trials, by however little."""

    def decide(self, differences: Differences, hypothesis: Hypothesis) -> Decision:
        gain = interval(differences).mean
        return accepted(gain > 0, f"mean paired difference {gain:+.4f}")
