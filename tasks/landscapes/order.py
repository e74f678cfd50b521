"""Jobs to put into an order: changing from one to the next costs, more between some than between others. Rugged,
without noise."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..judging.reading import read
from ..judging.seeding import stream
from . import Drawn, Landscape

DRIFT = 0.03
Place = tuple[float, float]


@dataclass(frozen=True)
class Order:
    """`places`: by name, where each job lies; a change costs the distance."""

    places: Mapping[str, Place]

    def at(self, seed: int) -> Landscape:
        rng = stream(seed, "order")
        places = {name: (x + rng.normal(0, DRIFT), y + rng.normal(0, DRIFT)) for name, (x, y) in self.places.items()}
        return lambda text: -length([places[name] for name in ordered(text, list(places))])


def ordered(text: str, names: Sequence[str]) -> list[str]:
    """All names, in the order of a text: the first mention of each counts, and who is left out comes last.
    Raises Invalid."""
    given = read(text).arguments("order", names, "line")
    return list(dict.fromkeys([*given, *names]))


def length(places: Sequence[Place]) -> float:
    return math.fsum(math.dist(one, other) for one, other in itertools.pairwise(places))


def draw(rng: np.random.Generator) -> Drawn:
    """Places on an arc, a little off it: the order along the arc is the shortest, or nearly."""
    names = [f"job_{chr(ord('a') + number)}" for number in range(8)]
    arc = np.sort(rng.uniform(0, 5, len(names)))
    along = [str(name) for name in rng.permutation(names)]
    points = np.column_stack([np.cos(arc), np.sin(arc)]) + rng.normal(0, 0.05, (len(names), 2))
    places = dict(zip(along, map(tuple, points.tolist()), strict=True))
    begin = [str(name) for name in rng.permutation(names)]
    return Drawn(Order({name: places[name] for name in names}), order_text(names, begin), order_text(names, along))


def order_text(names: Sequence[str], order: Sequence[str]) -> str:
    return f"def order({', '.join(names)}):\n    return line({', '.join(order)})\n"
