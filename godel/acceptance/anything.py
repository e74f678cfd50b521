"""Keep whatever passed the gate: the sham control, self-edits without selection."""

from __future__ import annotations

from godel.lineage.statistics import interval

from . import Decision, Differences


class Anything:
    stages = False

    def decide(self, differences: Differences) -> Decision:
        gain, low, high, _ = interval(differences)
        return Decision(True, gain, low, high, "kept without selection")
