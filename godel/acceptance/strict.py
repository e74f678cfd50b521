"""Keep a child whose mean is above its parent's on the same trials, by however little."""

from __future__ import annotations

from . import Decision, Differences
from .interval import interval


class Strict:
    stages = True

    def decide(self, differences: Differences) -> Decision:
        gain, low, high = interval(differences)
        return Decision(gain > 0, gain, low, high, f"mean paired difference {gain:+.4f}")
