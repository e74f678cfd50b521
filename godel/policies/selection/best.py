"""Keep or discard: always go on from the best so far."""

from __future__ import annotations

import random
from dataclasses import dataclass

from . import Expand, View


@dataclass(frozen=True)
class Best:
    """Always the best so far; of equals the oldest."""

    def choose(self, view: View, rng: random.Random) -> Expand:
        return Expand((view.members.best.tree,))
