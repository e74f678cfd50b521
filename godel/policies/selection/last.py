"""The newest scaffold, whatever it is worth: a walk without selection, for controls."""

from __future__ import annotations

import random
from dataclasses import dataclass

from . import Expand, View


@dataclass(frozen=True)
class Last:
    """The newest that was kept, whatever it is worth: for controls."""

    def choose(self, view: View, rng: random.Random) -> Expand:
        return Expand((view.members[-1].tree,))
