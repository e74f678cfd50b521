"""The numbers that a program's module level gives to names, as far as they can be read without running it."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping

from godel.contract.limits import SYNTAX_DEPTH
from godel.contract.syntax import Unparsable, parse

OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
CALLS: Mapping[str, Callable[..., float]] = {
    "float": float,
    "int": int,
    "round": round,
    "abs": abs,
    "min": min,
    "max": max,
}
UNREADABLE = (TypeError, ValueError, OverflowError, ZeroDivisionError, KeyError)


class NotReadable(ValueError):
    """A value that would have to be run."""


def constants(text: str) -> dict[str, float] | None:
    """By name, the last number that each has: plain, typed, several at once, or computed from numbers and names that
    have one. None for a text that is no Python. What else the program has does not matter."""
    known: dict[str, float] = {}
    try:
        tree = parse(text)
    except Unparsable:
        return None
    for statement in tree.body:
        for target, value in assignments(statement):
            _assign(target, value, known)
    return known


def assignments(statement: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What a statement assigns to what."""
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield target, statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value:
        yield statement.target, statement.value


def _assign(target: ast.expr, value: ast.expr, known: dict[str, float]) -> None:
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        for each, part in zip(target.elts, value.elts, strict=False):
            _assign(each, part, known)
    elif isinstance(target, ast.Name):
        known.pop(target.id, None)
        try:
            known[target.id] = number(value, known)
        except UNREADABLE:  # a text, a list, a call: no number
            return


def number(node: ast.expr, known: Mapping[str, float], depth: int = 0) -> float:
    """The value of an expression, always a float, so that no power takes long. Raises one of UNREADABLE."""
    if depth > SYNTAX_DEPTH:
        raise NotReadable("nested too deep")
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return known[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = number(node.operand, known, depth + 1)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        left, right = (number(each, known, depth + 1) for each in (node.left, node.right))
        return real(OPERATORS[type(node.op)](left, right))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return real(CALLS[node.func.id](*(number(each, known, depth + 1) for each in node.args)))
    raise NotReadable(type(node).__name__)


def real(value: object) -> float:
    """Raises TypeError for a complex number: a negative one to a broken power."""
    if isinstance(value, complex):
        raise TypeError(value)
    return float(value)  # type: ignore[arg-type]
