"""The Darwin Gödel Machine's choice of parents (arXiv 2505.22954, appendix A).

A scaffold is chosen with probability proportional to
sigma(10 (score - 0.5)) * 1 / (1 + children): good ones often, much-tried ones less.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Annotated

from godel.lineage.analysis.members import Member
from godel.policies import option
from godel.tasks.ranges import number

from . import Expand, View
from .sigmoid import sigmoid

ALIKE = 0.5
"""The relative score of each where all score the same."""


@dataclass(frozen=True)
class DarwinGodel:
    """Good ones often, much-tried ones less: the Darwin Gödel Machine's."""

    steepness: Annotated[float, number(0, 1000)] = option(10.0, "how sharply the choice follows the score")
    midpoint: Annotated[float, number(0, 1)] = option(0.5, "relative score of even chances, from 0 worst to 1 best")

    def choose(self, view: View, rng: random.Random) -> Expand:
        return Expand((view.members.draw(self.weight, rng).tree,))

    def weight(self, member: Member, least: float, most: float) -> float:
        """The score is first normalised over the archive, from its `least` to its `most`, to 0..1: here it has no
        fixed range, where the paper's is a share of solved tasks. Where all are equal it counts as 0.5."""
        relative = (member.score - least) / (most - least) if most > least else ALIKE
        return sigmoid(self.steepness * (relative - self.midpoint)) / (1 + member.children)
