"""Keep a child only when the gain stands out from the noise between its paired trials."""

from __future__ import annotations

from dataclasses import dataclass

from godel.lineage.analysis.statistics import interval, lower_bound
from godel.policies import Differences

from . import Decision, Hypothesis, accepted


@dataclass(frozen=True)
class NoiseAware:
    """A gain that stands out from the noise: its one-sided 95 % bound is above 0.

    That is a promise for one child. Of 100 children that are no better a run accepts at least one nearly always (0.96
    in `benchmarks/policies.py`, where pruning stops most of them): what it kept is a candidate, and the gain on
    held-out trials is the evidence. `certified` promises for a whole run."""

    def decide(self, differences: Differences, hypothesis: Hypothesis) -> Decision:
        gain, bound = interval(differences).mean, lower_bound(differences)
        return accepted(bound > 0, f"mean paired difference {gain:+.4f}, lower bound {bound:+.4f}")
