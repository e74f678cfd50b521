"""Exact geometry on floats: every float is a rational number, so nothing needs a tolerance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from . import Invalid


class Circle(NamedTuple):
    """In units of 1 / scale, whole numbers all: see `circles`."""

    x: int
    y: int
    r: int


def fraction(value: object, what: str) -> Fraction:
    """The number that a finite float or an int is. Raises Invalid for anything else,
    booleans and strings included."""
    if isinstance(value, bool) or not isinstance(value, float | int) or value - value != 0:  # of any size
        raise Invalid(f"{what}: expected a finite number")
    return Fraction(value)


def circles(rows: Sequence[Sequence[float]]) -> tuple[list[Circle], int]:
    """Rows of (x, y, radius) over their common denominator, and that denominator. Raises
    Invalid unless every radius is positive."""
    numbers = [[fraction(value, "circles") for value in row] for row in rows]
    scale = math.lcm(*(n.denominator for row in numbers for n in row))
    scaled = [Circle(*(n.numerator * (scale // n.denominator) for n in row)) for row in numbers]
    for index, circle in enumerate(scaled):
        if circle.r <= 0:
            raise Invalid(f"circle {index}: its radius is not positive")
    return scaled, scale


def check_packing(packing: Sequence[Circle], side: int) -> None:
    """Each circle inside the square from 0 to `side`, no two overlapping; touching is
    allowed. Raises Invalid, exactly."""
    for index, a in enumerate(packing):
        if not (a.r <= a.x <= side - a.r and a.r <= a.y <= side - a.r):
            raise Invalid(f"circle {index} is not inside the square")
        for other, b in enumerate(packing[:index]):
            if (a.x - b.x) ** 2 + (a.y - b.y) ** 2 < (a.r + b.r) ** 2:
                raise Invalid(f"circles {other} and {index} overlap")
