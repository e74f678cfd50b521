"""Keep whatever passed the gate: the sham control, self-edits without selection."""

from __future__ import annotations

from . import Decision, Differences
from .interval import interval


class Anything:
    stages = False

    def decide(self, differences: Differences) -> Decision:
        gain, low, high = interval(differences)
        return Decision(True, gain, low, high, "kept without selection")
