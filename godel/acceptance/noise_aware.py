"""Keep a child only when the gain stands out from the noise between its paired trials."""

from __future__ import annotations

from godel.lineage.statistics import interval, lower_bound

from . import Decision, Differences


class NoiseAware:
    stages = True

    def decide(self, differences: Differences) -> Decision:
        gain, low, high, _ = interval(differences)
        bound = lower_bound(differences)  # one-sided, 95 %
        return Decision(bound > 0, gain, low, high, f"mean paired difference {gain:+.4f}, lower bound {bound:+.4f}")
