"""The Darwin Gödel Machine's choice of parents (arXiv 2505.22954, appendix A).

A scaffold is chosen with probability proportional to
sigma(10 (score - 0.5)) * 1 / (1 + children): good ones often, much-tried ones less.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from . import Member

STEEPNESS = 10.0
MIDPOINT = 0.5


class DarwinGodel:
    def choose(self, members: Sequence[Member], rng: random.Random) -> Member:
        return rng.choices(members, weights(members))[0]


def weights(members: Sequence[Member]) -> list[float]:
    """The scores are first normalised over the archive to 0..1: here they have no fixed
    range, where the paper's are shares of solved tasks. All equal counts as 0.5."""
    scores = [member.score for member in members]
    low, spread = min(scores), max(scores) - min(scores)
    relative = [(score - low) / spread if spread else MIDPOINT for score in scores]
    return [
        1 / (1 + math.exp(-STEEPNESS * (score - MIDPOINT))) / (1 + member.children)
        for score, member in zip(relative, members, strict=True)
    ]
