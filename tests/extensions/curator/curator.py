"""An acceptance that keeps nothing by itself: what gained enough is held until somebody rules on it."""

from __future__ import annotations

from dataclasses import dataclass

from godel.lineage import Verdict
from godel.lineage.analysis.statistics import interval
from godel.policies import Differences
from godel.policies.acceptance import Decision, Hypothesis


@dataclass(frozen=True)
class Curator:
    """Holds children with a gain; somebody rules on them later."""

    least: float = 0.0

    def decide(self, differences: Differences, hypothesis: Hypothesis) -> Decision:
        gain = interval(differences).mean
        verdict = Verdict.HELD if gain > self.least else Verdict.REJECTED
        return Decision(verdict, f"mean paired difference {gain:+.4f}")
