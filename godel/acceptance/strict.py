"""Keep a child whose mean is above its parent's on the same trials, by however little."""

from __future__ import annotations

from godel.lineage.statistics import interval

from . import Decision, Differences


class Strict:
    stages = True

    def decide(self, differences: Differences) -> Decision:
        gain, low, high, _ = interval(differences)
        return Decision(gain > 0, gain, low, high, f"mean paired difference {gain:+.4f}")
