"""The edit operators. Each draws a site in a tree and says what shall stand there instead."""

from __future__ import annotations

import ast
import math
import random
from collections.abc import Sequence
from typing import TypeVar

import libcst as cst
from tree import Change, Tree, code

T = TypeVar("T")

KIN_SHARE = 0.8
"""How often a name gives way to one of its own kind, rather than to any in scope."""

LOG_STEP = 0.5
"""Standard deviation of the logarithm of a number's change."""

ZERO_STEP = 0.5
"""Standard deviation of what a zero becomes."""

SIGN_SHARE = 0.1
"""How often a number changes its sign instead."""

DIGITS = 4
"""Significant digits of a number that was changed."""

LOOPS = (2, 3, 4, 8)
"""How often a statement wrapped in a loop is repeated."""

NEGATION_SHARE = 0.5
"""How often a condition is negated, rather than a boolean operator or value changed."""

LOOP_SHARE = 0.3
"""How often a statement is wrapped in a loop, rather than in a condition."""

ARITHMETIC = (cst.Add, cst.Subtract, cst.Multiply, cst.Divide, cst.FloorDivide, cst.Modulo, cst.Power)
AUGMENTED = (cst.AddAssign, cst.SubtractAssign, cst.MultiplyAssign, cst.DivideAssign)
COMPARISONS = (
    cst.LessThan, cst.LessThanEqual, cst.GreaterThan, cst.GreaterThanEqual, cst.Equal, cst.NotEqual,
)  # fmt: skip
EXPRESSIONS = (cst.Call, cst.BinaryOperation, cst.Comparison, cst.Attribute, cst.Subscript, cst.IfExp)
STATEMENTS = (cst.SimpleStatementLine, cst.BaseCompoundStatement)


class NoSite(Exception):
    """The operator finds nothing to edit in this file."""


def pick(items: Sequence[T], rng: random.Random) -> T:
    """One of `items`. Raises NoSite when there is none."""
    if not items:
        raise NoSite
    return rng.choice(items)


def every(tree: Tree, *kinds: type) -> list[cst.CSTNode]:
    """The nodes of these kinds, in order."""
    return [node for node in tree.place if isinstance(node, kinds)]


def number(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """A constant takes a step, proportional to its size, or changes its sign."""
    node = pick(every(tree, cst.Integer, cst.Float), rng)
    if isinstance(tree.parent[node], cst.UnaryOperation) and isinstance(tree.parent[node].operator, cst.Minus):
        node = tree.parent[node]
    value = ast.literal_eval(code(node).strip("() "))
    return {node: cst.parse_expression(repr(step(value, rng)))}


def step(value: float, rng: random.Random) -> float:
    """Log-normal; for an integer, one that moves it by at least 1."""
    if rng.random() < SIGN_SHARE:
        return -value
    if isinstance(value, int):
        size = abs(value) * abs(math.expm1(rng.gauss(0, LOG_STEP)))
        return value + rng.choice((-1, 1)) * max(1, round(size))
    new = value * math.exp(rng.gauss(0, LOG_STEP)) if value else rng.gauss(0, ZERO_STEP)
    return float(f"{new:.{DIGITS}g}")


def swap(tree: Tree, kinds: tuple[type, ...], rng: random.Random) -> Change:
    """One of `kinds` for another."""
    node = pick(every(tree, *kinds), rng)
    return {node: rng.choice([kind for kind in kinds if not isinstance(node, kind)])()}


def arithmetic(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """An arithmetic operator for another."""
    return swap(tree, rng.choice((ARITHMETIC, AUGMENTED)), rng)


def comparison(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """A comparison for another."""
    return swap(tree, COMPARISONS, rng)


def boolean(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """`and` for `or`, true for false, or a condition for its opposite."""
    if rng.random() < NEGATION_SHARE:
        test = pick(every(tree, cst.If, cst.IfExp), rng).test
        return {test: cst.UnaryOperation(cst.Not(), enclosed(test))}
    truths = [n for n in every(tree, cst.Name) if n.value in ("True", "False")]
    node = pick(truths + every(tree, cst.And, cst.Or), rng)
    if isinstance(node, cst.Name):
        return {node: cst.Name(str(node.value == "False"))}
    return {node: cst.And() if isinstance(node, cst.Or) else cst.Or()}


def name(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """A name for another that the function has mentioned before, preferably of its kind."""
    kin = rng.random() < KIN_SHARE
    choices = [(node, alike if kin else visible) for node, alike, visible in tree.loads]
    node, others = pick([(node, others) for node, others in choices if others], rng)
    return {node: node.with_changes(value=rng.choice(others))}


def expression(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """An expression for another of its kind in the same function."""
    node = pick(every(tree, *EXPRESSIONS), rng)
    alike = [n for n in every(tree, type(node)) if tree.scope(n) is tree.scope(node)]
    return {node: fitted(tree, node, pick(alike, rng))}


def operands(tree: Tree) -> list[cst.CSTNode]:
    """Whatever is reckoned with."""
    return [side for node in every(tree, cst.BinaryOperation) for side in (node.left, node.right)]


def combine(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """An operand is combined with another of the same function."""
    node = pick(operands(tree), rng)
    other = pick([n for n in operands(tree) if tree.scope(n) is tree.scope(node)], rng)
    both = cst.BinaryOperation(enclosed(node), rng.choice(ARITHMETIC)(), enclosed(other))
    return {node: enclosed(both)}


def simplify(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """An operation gives way to one of its operands."""
    node = pick(every(tree, cst.BinaryOperation, cst.BooleanOperation), rng)
    return {node: fitted(tree, node, rng.choice((node.left, node.right)))}


def argument(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """Two arguments of a call change places, or one takes the value of another call's."""
    call = pick([node for node in every(tree, cst.Call) if node.args], rng)
    one = rng.choice(call.args).value
    near = [arg for arg in every(tree, cst.Arg) if tree.scope(arg) is tree.scope(call)]
    other = pick(near, rng).value
    if tree.parent[tree.parent[other]] is call:
        return {one: other, other: one}
    return {one: other}


def statements(tree: Tree) -> list[cst.CSTNode]:
    """The statements inside functions, docstrings apart."""
    found = [node for node in every(tree, *STATEMENTS) if tree.scope(node) is not tree.module]
    return [node for node in found if not code(node).startswith('"""')]


def delete(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """A statement goes."""
    return {pick(statements(tree), rng): cst.RemoveFromParent()}


def duplicate(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """A statement comes twice."""
    node = pick(statements(tree), rng)
    return {node: cst.FlattenSentinel([node, node])}


def move(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """A statement changes places with the one after it."""
    node = pick(statements(tree), rng)
    block = [n for n in statements(tree) if tree.parent[n] is tree.parent[node]]
    after = pick(block[block.index(node) + 1 :][:1], rng)
    return {node: after, after: node}


def wrap(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """A statement comes under a condition of the same function, or into a loop."""
    node = pick(statements(tree), rng)
    body = cst.IndentedBlock([node])
    if rng.random() < LOOP_SHARE:
        return {node: cst.For(cst.Name("_"), cst.parse_expression(f"range({rng.choice(LOOPS)})"), body)}
    tests = [n.test for n in every(tree, cst.If, cst.While, cst.IfExp)] + every(tree, cst.Comparison)
    return {node: cst.If(pick([t for t in tests if tree.scope(t) is tree.scope(node)], rng), body)}


def transplant(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """A function takes the body of another with the same parameters, from any file of the donor."""
    node = pick(every(tree, cst.FunctionDef), rng)
    donors = [n for donor in pool for n in every(donor, cst.FunctionDef) if code(n.params) == code(node.params)]
    return {node: node.with_changes(body=pick(donors, rng).body)}


def enclosed(node: cst.BaseExpression) -> cst.BaseExpression:
    """`node` in parentheses, where it could fall apart without."""
    if node.lpar or isinstance(node, cst.Name | cst.BaseNumber | cst.Call | cst.Attribute | cst.Subscript):
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def fitted(tree: Tree, node: cst.CSTNode, new: cst.BaseExpression) -> cst.BaseExpression:
    """`new` as it must be written in the place of `node`."""
    inner = isinstance(tree.parent[node], cst.BaseExpression | cst.ComparisonTarget)
    return enclosed(new) if inner else new


OPERATORS = {
    operator.__name__: operator
    for operator in (
        number, arithmetic, comparison, boolean, name, expression, combine, simplify,
        argument, delete, duplicate, move, wrap, transplant,
    )
}  # fmt: skip
"""By name: an edit reports the name of the operator that made it."""
