"""Keep whatever passed the gate: the sham control, self-edits without selection."""

from __future__ import annotations

from dataclasses import dataclass

from godel.lineage.statistics import interval
from godel.policies import Differences

from . import Decision


@dataclass(frozen=True)
class AnyChild:
    """Every child that passed the gate: the sham control."""

    def decide(self, differences: Differences) -> Decision:
        gain, low, high, _ = interval(differences)
        return Decision(True, gain, low, high, "kept without selection")
