"""An expression to fit to measured points: its numbers and its form. Narrow; the measurements have noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..judging.reading import read
from ..judging.seeding import stream
from . import Drawn, Landscape

POINTS = 40
LOWEST, HIGHEST = 0.2, 4.0
NOISE = 0.03
"""Standard deviation of a measurement, as a part of the spread of all."""

FAR = 3.0
"""Spreads: what misses by more counts as this."""


@dataclass(frozen=True)
class Formula:
    """`truth`: the text of `response(x, y)` that is measured."""

    truth: str

    def at(self, seed: int) -> Landscape:
        rng = stream(seed, "formula")
        points = rng.uniform(LOWEST, HIGHEST, (POINTS, 2)).tolist()
        exact = np.array(answers(self.truth, points))
        spread = float(exact.std())
        measured = (exact + rng.normal(0, NOISE * spread, POINTS)).tolist()

        def value(text: str) -> float:
            return -min(math.dist(answers(text, points), measured) / math.sqrt(POINTS) / spread, FAR)

        return value


def answers(text: str, points: list[list[float]]) -> list[float]:
    """What the formula in a text gives at each point. Raises Invalid."""
    response = read(text).function("response", ("x", "y"))
    return [response(x, y) for x, y in points]


def draw(rng: np.random.Generator) -> Drawn:
    """A saturating product and a slope; at the beginning its numbers are wrong, and an operator."""
    a, b, c = (round(float(each), 2) for each in np.exp(rng.uniform(-0.7, 1.1, 3)))
    wrong = [round(value * float(np.exp(rng.choice([-1, 1]) * rng.uniform(0.3, 1.0))), 2) for value in (a, b, c)]
    return Drawn(Formula(formula_text("*", a, b, c)), formula_text("+", *wrong), formula_text("*", a, b, c))


def formula_text(sign: str, a: float, b: float, c: float) -> str:
    return f"def response(x, y):\n    return {a} * x {sign} y / ({b} + x) + {c} * y\n"
