"""Keep a child only when the gain stands out from the noise between its paired trials."""

from __future__ import annotations

from dataclasses import dataclass

from godel.lineage.analysis.statistics import interval, lower_bound
from godel.policies import Differences

from . import Decision, accepted


@dataclass(frozen=True)
class NoiseAware:
    """A gain that stands out from the noise: its one-sided 95 % bound is above 0."""

    def decide(self, differences: Differences) -> Decision:
        gain, bound = interval(differences).mean, lower_bound(differences)
        return accepted(bound > 0, f"mean paired difference {gain:+.4f}, lower bound {bound:+.4f}")
