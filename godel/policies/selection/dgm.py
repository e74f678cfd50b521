"""The Darwin Gödel Machine's choice of parents (arXiv 2505.22954, appendix A).

A scaffold is chosen with probability proportional to
sigma(10 (score - 0.5)) * 1 / (1 + children): good ones often, much-tried ones less.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from godel.lineage.analysis.history import Member
from godel.policies import option
from godel.tasks.ranges import number

from . import Expand, View

ALIKE = 0.5
"""The relative score of each where all score the same."""


@dataclass(frozen=True)
class DarwinGodel:
    """Good ones often, much-tried ones less: the Darwin Gödel Machine's."""

    steepness: Annotated[float, number(0, 1000)] = option(10.0, "how sharply the choice follows the score")
    midpoint: Annotated[float, number(0, 1)] = option(0.5, "relative score of even chances, from 0 worst to 1 best")

    def choose(self, view: View, rng: random.Random) -> Expand:
        members = view.members
        return Expand((rng.choices(members, self.weights(members))[0].tree,))

    def weights(self, members: Sequence[Member]) -> list[float]:
        """The scores are first normalised over the archive to 0..1: here they have no fixed
        range, where the paper's are shares of solved tasks. All equal counts as 0.5."""
        scores = [member.score for member in members]
        low, spread = min(scores), max(scores) - min(scores)
        relative = [(score - low) / spread if spread else ALIKE for score in scores]
        return [
            1 / (1 + math.exp(-self.steepness * (score - self.midpoint))) / (1 + member.children)
            for score, member in zip(relative, members, strict=True)
        ]
