"""Operators and conditions: one for another."""

from __future__ import annotations

from typing import Any

import libcst as cst

from .expressions import ARITHMETIC, enclosed
from .nodes import code
from .place import Draw, Place
from .tree import Change

NEGATION_SHARE = 0.5  # of boolean edits negate a condition
UPDATES = (cst.AddAssign, cst.SubtractAssign, cst.MultiplyAssign, cst.DivideAssign)
COMPARISONS = (cst.LessThan, cst.LessThanEqual, cst.GreaterThan, cst.GreaterThanEqual, cst.Equal, cst.NotEqual)
CONNECTIVES = (cst.And, cst.Or)


def swap(place: Place, draw: Draw, kinds: tuple[type[Any], ...]) -> Change:
    """A node of one of these kinds for one of another."""
    node = draw.of(place.every(*kinds))
    return {node: draw.of([kind for kind in kinds if not isinstance(node, kind)])()}


def arithmetic(place: Place, draw: Draw) -> Change:
    """An arithmetic operator for another."""
    return swap(place, draw, draw.of((ARITHMETIC, UPDATES)))


def comparison(place: Place, draw: Draw) -> Change:
    """A comparison for another."""
    return swap(place, draw, COMPARISONS)


def boolean(place: Place, draw: Draw) -> Change:
    """A condition for its opposite, a truth value for the other, or `and` for `or`."""
    if draw.rng.random() < NEGATION_SHARE:
        test = draw.of(place.every(cst.If, cst.IfExp)).test
        return {test: cst.UnaryOperation(cst.Not(), enclosed(test))}
    truths = [node for node in place.every(cst.Name) if code(node) in ("True", "False")]
    if truths:
        node = draw.of(truths)
        return {node: node.with_changes(value=str(node.value == "False"))}
    return swap(place, draw, CONNECTIVES)
