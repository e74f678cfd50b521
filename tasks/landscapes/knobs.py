"""Numbers to tune, each by itself. Smooth, without noise: many small steps, each a little better than the last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..judging.seeding import stream
from . import Drawn, Landscape
from .factors import all_off, drifted, named, rms, written

DRIFT = 0.03
"""Of the best values, from instance to instance."""


@dataclass(frozen=True)
class Knobs:
    """`best`: by name, the value of each number that is right. All count the same, as factors."""

    best: Mapping[str, float]

    def at(self, seed: int) -> Landscape:
        best = drifted(self.best, DRIFT, stream(seed, "knobs"))
        return lambda text: -rms(all_off(text, best))


def draw(rng: np.random.Generator) -> Drawn:
    best = named("K", np.exp(rng.uniform(-2, 3, 5)).tolist())
    begin = {name: value * float(np.exp(rng.choice([-1, 1]) * rng.uniform(0.7, 1.8))) for name, value in best.items()}
    return Drawn(Knobs(best), written(begin), written(best))
