"""Each model by its weight."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from godel.lineage import Generation

from . import Offer


@dataclass(frozen=True)
class Weighted:
    """At random, by model.weights."""

    def choose(self, offer: Offer, made: Sequence[Generation], rng: random.Random) -> str:
        return rng.choices(offer.names, offer.weights or None)[0]
