"""Names and expressions give way to others of the same function."""

from __future__ import annotations

from typing import Any

import libcst as cst

from .place import KIND_SHARE, Draw, Place
from .tree import Change, Tree

ARITHMETIC = (cst.Add, cst.Subtract, cst.Multiply, cst.Divide, cst.FloorDivide, cst.Modulo, cst.Power)
EXPRESSIONS = (cst.Call, cst.BinaryOperation, cst.Comparison, cst.Attribute, cst.Subscript, cst.IfExp)
TIGHT = (cst.Name, cst.BaseNumber, cst.Call, cst.Attribute, cst.Subscript)  # never need parentheses


def name(place: Place, draw: Draw) -> Change:
    """A name for another that the function has mentioned before, preferably of its kind."""
    alike, tree = draw.rng.random() < KIND_SHARE, place.tree
    choices = [] if place.owner is tree.module else tree.choices(place.owner)
    sites = [(node, tree.alike(node, others) if alike else others) for node, others in choices]
    node, others = draw.of([site for site in sites if site[1]])
    return {node: node.with_changes(value=draw.of(others))}


def expression(place: Place, draw: Draw) -> Change:
    """An expression for another of the same function, preferably of its kind."""
    node = draw.of(place.every(*EXPRESSIONS))
    other = draw.of(draw.kindred(place.tree, node, place.every(*EXPRESSIONS)))
    return {node: fitted(place.tree, node, other)}


def combine(place: Place, draw: Draw) -> Change:
    """An operand is combined with another of the same function."""
    one, other = (draw.of(place.every(cst.BinaryOperation)) for _ in range(2))
    node, more = draw.of((one.left, one.right)), draw.of((other.left, other.right))
    return {node: enclosed(cst.BinaryOperation(enclosed(node), draw.of(ARITHMETIC)(), enclosed(more)))}


def simplify(place: Place, draw: Draw) -> Change:
    """An operation gives way to one of its operands."""
    node = draw.of(place.every(cst.BinaryOperation, cst.BooleanOperation))
    return {node: fitted(place.tree, node, draw.of((node.left, node.right)))}


def argument(place: Place, draw: Draw) -> Change:
    """An argument takes the value of another, preferably of its kind; in one call, they change places."""
    one, parent = draw.of(place.every(cst.Arg)), place.tree.parent
    values = {arg.value: arg for arg in place.every(cst.Arg)}
    other = draw.of(draw.kindred(place.tree, one.value, list(values)))
    change = {one.value: other}
    return change | {other: one.value} if parent[values[other]] is parent[one] else change


def enclosed(node: Any) -> Any:
    """An expression in parentheses, unless it holds together without."""
    if node.lpar or isinstance(node, TIGHT):
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def fitted(tree: Tree, node: cst.CSTNode, new: Any) -> Any:
    """The expression `new` as it must be written in the place of `node`."""
    inner = isinstance(tree.parent[node], cst.BaseExpression | cst.ComparisonTarget)
    return enclosed(new) if inner else new
