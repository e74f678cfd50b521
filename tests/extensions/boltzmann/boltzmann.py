"""A selection with an option: the chance of a scaffold grows exponentially with its score, and it sees clades."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Annotated

from godel.policies import option
from godel.policies.selection import Expand, View
from godel.tasks.ranges import number


@dataclass(frozen=True)
class Boltzmann:
    """By the softmax of the clade's best score."""

    temperature: Annotated[float, number(0.001, 1000)] = option(0.1, "the higher, the more even the chances")

    def choose(self, view: View, rng: random.Random) -> Expand:
        members = view.members
        scores = [max(self.mean(view, tree) for tree in view.clade(member.tree)) for member in members]
        chances = [math.exp((score - max(scores)) / self.temperature) for score in scores]
        return Expand((rng.choices(members, chances)[0].tree,))

    def mean(self, view: View, tree: str) -> float:
        scores = view.scores(tree).values()
        return sum(scores) / len(scores)
