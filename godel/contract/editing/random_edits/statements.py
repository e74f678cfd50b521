"""Statements of a function go, come twice, change places, or come under a condition or into a loop."""

from __future__ import annotations

from typing import Any

import libcst as cst

from .place import Draw, NoSite, Place
from .tree import Change

LOOP_SHARE = 0.3  # of wrapped statements come into a loop, not under a condition
LOOPS = (2, 3, 4, 8)  # how often such a loop runs
STATEMENTS = (cst.SimpleStatementLine, cst.BaseCompoundStatement)


def statements(place: Place) -> list[Any]:
    """Those of the function, docstrings apart. Raises NoSite for the module."""
    if place.owner is place.tree.module:
        raise NoSite
    inner = [node for node in place.every(*STATEMENTS) if isinstance(place.tree.parent[node], cst.IndentedBlock)]
    return [node for node in inner if not documents(node)]


def documents(node: cst.CSTNode) -> bool:
    """Whether a statement is a docstring."""
    match node:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString())]):
            return True
    return False


def delete(place: Place, draw: Draw) -> Change:
    """A statement goes."""
    return {draw.of(statements(place)): cst.RemoveFromParent()}


def duplicate(place: Place, draw: Draw) -> Change:
    """A statement comes twice."""
    node = draw.of(statements(place))
    return {node: cst.FlattenSentinel([node, node])}


def move(place: Place, draw: Draw) -> Change:
    """A statement changes places with another of its block."""
    node, parent = draw.of(statements(place)), place.tree.parent
    other = draw.of([each for each in statements(place) if parent[each] is parent[node]])
    return {node: other, other: node}


def wrap(place: Place, draw: Draw) -> Change:
    """A statement comes into a loop, or under a condition of the same function."""
    node = draw.of(statements(place))
    body = cst.IndentedBlock([node])
    if draw.rng.random() < LOOP_SHARE:
        return {node: cst.For(cst.Name("_"), cst.parse_expression(f"range({draw.of(LOOPS)})"), body)}
    tests = [each.test for each in place.every(cst.If, cst.While, cst.IfExp)]
    return {node: cst.If(draw.of(tests + place.every(cst.Comparison)), body)}
