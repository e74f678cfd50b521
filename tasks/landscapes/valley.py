"""Numbers to tune, two by two: a narrow valley, without noise. Who changes one number alone is thrown back, unless the
step is small; along the valley both have to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..judging.seeding import stream
from . import Drawn, Landscape
from .factors import all_off, drifted, named, rms, written

DRIFT = 0.01
STEEP = 6.0
"""How much more it costs to leave the valley than to stay far from its end."""


@dataclass(frozen=True)
class Valley:
    """`best`: by name, the right values, in pairs: the product of the two matters STEEP times as much as their
    quotient."""

    best: Mapping[str, float]

    def at(self, seed: int) -> Landscape:
        best = drifted(self.best, DRIFT, stream(seed, "valley"))
        return lambda text: -rms(turned(all_off(text, best)))


def turned(offs: list[float]) -> list[float]:
    """Of each pair: across the valley, and along it."""
    pairs = list(zip(offs[::2], offs[1::2], strict=True))
    return [part for one, other in pairs for part in (STEEP * (one + other), one - other)]


def draw(rng: np.random.Generator) -> Drawn:
    best = named("V", np.exp(rng.uniform(-1, 2, 4)).tolist())
    along = np.repeat(rng.uniform(0.7, 1.6, 2) * rng.choice([-1, 1], 2), 2) * np.array([1, -1, 1, -1])
    off_by = np.exp(along + rng.normal(0, 0.1, 4)).tolist()
    begin = {name: value * factor for (name, value), factor in zip(best.items(), off_by, strict=True)}
    return Drawn(Valley(best), written(begin), written(best))
