"""What the agent is and knows while it lives."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from godel.contract import Model, Program, Score, Utility


@dataclass
class State:
    program: Program  # as it was given
    utility: Utility
    model: Model
    rng: random.Random
    tree: Program  # all that may be edited, as it is now: the program, and the agent's own source
    first: Program  # the tree that it began with
    survived: Program  # the tree of the last step that went through
    best: Program
    best_score: Score | None = None  # nothing has been scored
    heard: list[Mapping[str, Any]] = field(default_factory=list)
    scored: dict[str, Score] = field(default_factory=dict)  # by digest
    steps: int = 0
    finished: bool = False

    def score(self, candidate: Program) -> Score:
        """As it was measured before, or else now. Raises BudgetExhausted."""
        if (known := self.scored.get(candidate.digest)) is not None:
            return known
        score = self.scored[candidate.digest] = self.utility(candidate)
        if self.best_score is None or score > self.best_score:
            self.best, self.best_score = candidate, score
        return score
