"""The newest scaffold, whatever it is worth: a walk without selection, for controls."""

from __future__ import annotations

import random
from collections.abc import Sequence

from . import Member


class Last:
    def choose(self, members: Sequence[Member], rng: random.Random) -> Member:
        return max(members, key=lambda member: member.index)
