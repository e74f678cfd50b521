"""ShinkaEvolve's weighted choice of parents (Lange, Imajuku and Cetin 2025, arXiv 2509.19349, and its `parents.py`).

A scaffold is chosen with probability proportional to sigma(lambda (score - median) / MAD) * 1 / (1 + children), where
MAD is the median of the scores' distances to their median.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from statistics import median
from typing import Annotated

from godel.policies import option
from godel.tasks.ranges import number

from . import Expand, View
from .sigmoid import sigmoid

LEAST_SPREAD = 1e-6
"""Below it scores count as this far apart, as in the source."""


@dataclass(frozen=True)
class Shinka:
    """Good ones by the median and spread of all, much-tried ones less: ShinkaEvolve's."""

    steepness: Annotated[float, number(0, 1000)] = option(10.0, "how sharply the choice follows the score (lambda)")

    def choose(self, view: View, rng: random.Random) -> Expand:
        members = list(view.members)
        weights = self.weights([each.score for each in members], [each.children for each in members])
        return Expand((rng.choices(members, weights)[0].tree,))

    def weights(self, scores: list[float], children: list[int]) -> list[float]:
        middle = median(scores)
        spread = max(median(abs(score - middle) for score in scores), LEAST_SPREAD)
        likely = (sigmoid(self.steepness * (score - middle) / spread) for score in scores)
        return [each / (1 + tried) for each, tried in zip(likely, children, strict=True)]
