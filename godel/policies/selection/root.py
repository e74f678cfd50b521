"""Always the seed: independent sampling, the control for whether building on children pays."""

from __future__ import annotations

import random
from dataclasses import dataclass

from . import Expand, View


@dataclass(frozen=True)
class Root:
    """Always the seed: every child is a draw of its own."""

    def choose(self, view: View, rng: random.Random) -> Expand:
        return Expand((view.members[0].tree,))
