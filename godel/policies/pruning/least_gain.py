"""Stop scoring a child whose mean gain so far is too low."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from godel.policies import Differences, option
from godel.tasks.ranges import number


@dataclass(frozen=True)
class LeastGain:
    """Stops when the mean paired difference so far is too low."""

    gain: Annotated[float, number(-1000, 1000)] = option(
        0.03, "stop where the mean paired difference is not above this"
    )

    def prune(self, differences: Differences) -> str:
        flat = [difference for task in differences.values() for difference in task]
        mean = sum(flat) / len(flat)
        return f"mean paired difference {mean:+.3f} after {len(flat)} trials" if mean <= self.gain else ""
