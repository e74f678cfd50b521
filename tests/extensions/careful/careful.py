"""A selection that now and then measures the best again, on instances that it has not seen, before it goes on."""

from __future__ import annotations

import random
from dataclasses import dataclass

from godel.policies.selection import Evaluate, Expand, View


@dataclass(frozen=True)
class Careful:
    """The best so far becomes the parent, or is evaluated further with the probability `again`."""

    again: float = 0.5
    trials: int = 2

    def choose(self, view: View, rng: random.Random) -> Expand | Evaluate:
        best = max(view.members, key=lambda member: (member.score, -member.index)).tree
        return Evaluate(best, self.trials) if rng.random() < self.again else Expand((best,))
