"""Which names and expressions of a function are of one kind: those that it treats alike itself."""

from __future__ import annotations

from typing import NamedTuple

import libcst as cst

CONSTANTS = ("True", "False", "None")


class Names(NamedTuple):
    """The variables of one function: where each comes first, and which are of one kind."""

    first: dict[str, int]
    kinds: dict[str, list[str]]


def role(node: cst.CSTNode) -> str:
    """What an expression stands for: `f(x)` and `f(y)` both for `f()`, a sum for sums."""
    match node:
        case cst.Name(value=name):
            return name
        case cst.Call(func=function):
            return role(function) + "()"
        case cst.Subscript(value=value):
            return role(value) + "[]"
        case cst.Attribute(value=value, attr=attr):
            return f"{role(value)}.{attr.value}"
        case cst.BaseNumber() | cst.BinaryOperation() | cst.UnaryOperation():
            return "a number"
    return f"a {type(node).__name__}"


def links(node: cst.CSTNode) -> list[tuple[str, str]]:
    """Pairs of roles of one kind: assigned, compared, reckoned with, passed in one place."""
    match node:
        case cst.Assign(targets=targets, value=value):
            return [pair for target in targets for pair in aligned(target.target, value)]
        case cst.AugAssign(target=one, value=other):
            return [(role(one), role(other))]
        case cst.BinaryOperation(left=one, right=other):
            return [(role(one), role(node)), (role(other), role(node))]
        case cst.Comparison(left=one, comparisons=[target, *_]):
            return [(role(one), role(target.comparator))]
        case cst.For(target=one, iter=other) | cst.CompFor(target=one, iter=other):
            return [(role(one), role(other) + "[]")]
        case cst.Call(func=function, args=args):
            return [(role(arg.value), f"{role(function)}({place})") for place, arg in enumerate(args)]
    return []


def aligned(target: cst.CSTNode, value: cst.CSTNode) -> list[tuple[str, str]]:
    """The pairs of an assignment; of a tuple's, element by element."""
    if isinstance(target, cst.Tuple) and isinstance(value, cst.Tuple):
        pairs = zip(target.elements, value.elements, strict=False)
        return [(role(one.value), role(other.value)) for one, other in pairs]
    return [(role(target), role(value))]


def unite(kinds: dict[str, list[str]], one: str, other: str) -> None:
    """Make two roles, and all that are of their kinds, of one kind."""
    if not {one, other}.intersection(CONSTANTS):
        kind = list(dict.fromkeys([*kinds.get(one, [one]), *kinds.get(other, [other])]))
        kinds.update(dict.fromkeys(kind, kind))
