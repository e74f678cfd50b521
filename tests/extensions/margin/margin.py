"""An acceptance: the worst pair may lose no more than a margin."""

from __future__ import annotations

from dataclasses import dataclass

from godel.policies import Differences, option
from godel.policies.acceptance import Decision, Hypothesis, accepted


@dataclass(frozen=True)
class Margin:
    """No pair may lose more than a margin."""

    margin: float = option(0.5, "what a single pair may lose")

    def decide(self, differences: Differences, hypothesis: Hypothesis) -> Decision:
        worst = min(value for task in differences.values() for value in task)
        return accepted(worst >= -self.margin, f"the worst pair: {worst:+.3f}")
