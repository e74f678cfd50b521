"""Numbers to set one after the other: each counts only once all before it are right. Plateaus and steps, no noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..judging.seeding import stream
from . import Drawn, Landscape
from .factors import all_off, named, written

RIGHT = 0.3
"""As a logarithm: nearer than this is right."""


@dataclass(frozen=True)
class Staircase:
    """`best`: by name, in the order in which they count. How high each step is, is the instance's."""

    best: Mapping[str, float]

    def at(self, seed: int) -> Landscape:
        heights = stream(seed, "staircase").uniform(0.8, 1.2, len(self.best)).tolist()
        return lambda text: climbed(all_off(text, self.best), heights)


def climbed(offs: list[float], heights: list[float]) -> float:
    """The height of the steps up to the first that is not right."""
    total = 0.0
    for off, height in zip(offs, heights, strict=True):
        if abs(off) > RIGHT:
            break
        total += height
    return total


def draw(rng: np.random.Generator) -> Drawn:
    best = named("S", np.exp(rng.uniform(-1, 2, 6)).tolist())
    wrong = rng.choice([-1, 1], 6) * rng.uniform(0.5, 1.2, 6)
    wrong[0] = 0.1
    begin = {name: value * float(np.exp(off)) for (name, value), off in zip(best.items(), wrong, strict=True)}
    return Drawn(Staircase(best), written(begin), written(best))
