"""A pruning rule: one very bad pair ends the scoring."""

from __future__ import annotations

from dataclasses import dataclass

from godel.policies import Differences, option


@dataclass(frozen=True)
class WorstPair:
    """Stops at the first pair that is below a floor."""

    floor: float = option(-0.5, "stop where a single pair is below this")

    def prune(self, differences: Differences) -> str:
        worst = min(value for task in differences.values() for value in task)
        return f"a pair of {worst:+.3f}, below {self.floor:+.3f}" if worst < self.floor else ""
