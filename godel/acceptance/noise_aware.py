"""Keep a child only when the gain stands out from the noise between its paired trials."""

from __future__ import annotations

from . import Decision, Differences
from .interval import interval

CONFIDENCE = 0.90
"""Two-sided; its lower end is the one-sided 95 % bound that a gain must clear."""


class NoiseAware:
    stages = True

    def decide(self, differences: Differences) -> Decision:
        gain, low, high = interval(differences)
        bound = interval(differences, CONFIDENCE).low
        return Decision(bound > 0, gain, low, high, f"mean paired difference {gain:+.4f}, lower bound {bound:+.4f}")
