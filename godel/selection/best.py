"""Keep or discard: always go on from the best so far."""

from __future__ import annotations

import random
from collections.abc import Sequence

from . import Member


class Best:
    def choose(self, members: Sequence[Member], rng: random.Random) -> Member:
        return max(members, key=lambda member: (member.score, -member.index))
