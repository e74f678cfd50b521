"""Weights to set, of which only the shares count. Smooth, but each look at it is noisy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..judging import Invalid
from ..judging.reading import read
from ..judging.seeding import stream
from . import Drawn, Landscape
from .factors import named, written

NOISE = 0.03
"""Standard deviation. The same weights are seen the same on one instance; the least change is another look."""


@dataclass(frozen=True)
class Weights:
    """`best`: by name, the right shares."""

    best: Mapping[str, float]

    def at(self, seed: int) -> Landscape:
        right = shares(list(self.best.values()))

        def value(text: str) -> float:
            found = shares(read(text).chosen(list(self.best)))
            noise = float(stream(seed, "weights", found).normal(0, NOISE))
            return noise - math.dist(found, right)

        return value


def shares(weights: list[float]) -> list[float]:
    """What each is of the total; one below 0 counts as none. Raises Invalid where nothing is left."""
    positive = [max(0.0, weight) for weight in weights]
    total = sum(positive)
    if not 0 < total < math.inf:
        raise Invalid("the weights have no sum")
    return [weight / total for weight in positive]


def draw(rng: np.random.Generator) -> Drawn:
    """At the beginning each weight has the share of another."""
    values = (0.005 + rng.dirichlet(np.full(5, 0.7))).tolist()
    best, begin = named("W", values), named("W", [*values[2:], *values[:2]])
    return Drawn(Weights(best), written(begin), written(best))
