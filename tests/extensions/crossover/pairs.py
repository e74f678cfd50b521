"""A selection of two parents: the newest that was kept, and one of the others."""

from __future__ import annotations

import random
from dataclasses import dataclass

from godel.policies.selection import Expand, View


@dataclass(frozen=True)
class Pairs:
    """Two parents where there are two, the newest first."""

    def choose(self, view: View, rng: random.Random) -> Expand:
        *others, newest = [member.tree for member in view.members]
        return Expand((newest, rng.choice(others)) if others else (newest,))
