"""Keep whatever passed the gate: the sham control, self-edits without selection."""

from __future__ import annotations

from dataclasses import dataclass

from godel.policies import Differences

from . import Decision, Hypothesis, accepted


@dataclass(frozen=True)
class AnyChild:
    """Every child that passed the gate: the sham control."""

    def decide(self, differences: Differences, hypothesis: Hypothesis) -> Decision:
        return accepted(True, "kept without selection")
