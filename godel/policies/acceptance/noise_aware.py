"""Keep a child only when the gain stands out from the noise between its paired trials."""

from __future__ import annotations

from dataclasses import dataclass

from godel.lineage.analysis.statistics import interval, lower_bound
from godel.policies import Differences

from . import Decision, Hypothesis, accepted


@dataclass(frozen=True)
class NoiseAware:
    """A gain that stands out from the noise: its one-sided 95 % bound is above 0.

    That is a promise for one child. Of children that are no better it accepts up to 5 % (0.6 % where pruning stops
    those that begin badly), so a run of 100 of them accepts at least one with a probability of up to 99 % (44 %): what
    such a run kept is a candidate, and its held-out gain is the evidence. `certified` keeps its promise for a run."""

    def decide(self, differences: Differences, hypothesis: Hypothesis) -> Decision:
        gain, bound = interval(differences).mean, lower_bound(differences)
        return accepted(bound > 0, f"mean paired difference {gain:+.4f}, lower bound {bound:+.4f}")
