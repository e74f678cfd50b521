"""Numbers take a step in proportion to their size."""

from __future__ import annotations

import ast
import math
import random

import libcst as cst

from .nodes import code
from .place import Draw, Place
from .tree import Change

ZERO_STEP = 0.5  # standard deviation of what a zero becomes
SIGN_SHARE = 0.1  # of numbers change their sign instead
DIGITS = 4  # significant ones, of a number that was changed


def number(place: Place, draw: Draw) -> Change:
    """A constant takes a step in proportion to its size, or changes its sign."""
    node, parent = draw.of(place.every(cst.Integer, cst.Float)), place.tree.parent
    if code(parent[node]) == "-" + code(node):
        node = parent[node]
    return {node: cst.parse_expression(repr(stepped(ast.literal_eval(code(node)), draw.step, draw.rng)))}


def stepped(value: float, step: float, rng: random.Random) -> float:
    """Log-normal, and at least 1 for an integer."""
    if rng.random() < SIGN_SHARE:
        return -value
    change = value * math.expm1(rng.gauss(0, step)) if value else rng.gauss(0, ZERO_STEP)
    if isinstance(value, int):
        return value + round(math.copysign(max(1, abs(change)), change))
    return float(f"{value + change:.{DIGITS}g}")
