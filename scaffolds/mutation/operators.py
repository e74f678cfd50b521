"""The edit operators. Each draws a site in a tree and says what shall stand there instead."""

from __future__ import annotations

import ast
import math
import random
from collections.abc import Sequence
from typing import Any

import libcst as cst
from tree import Change, Tree, code

LOG_STEP = 0.5  # standard deviation of the logarithm of a number's change
ZERO_STEP = 0.5  # standard deviation of what a zero becomes
SIGN_SHARE = 0.1  # of numbers change their sign instead
DIGITS = 4  # significant ones, of a number that was changed
KIND_SHARE = 0.9  # of names and expressions give way to one of their own kind, not to just any
NEGATION_SHARE = 0.5  # of boolean edits negate a condition
LOOP_SHARE = 0.3  # of wrapped statements come into a loop, not under a condition
LOOPS = (2, 3, 4, 8)  # how often such a loop runs

ARITHMETIC = (cst.Add, cst.Subtract, cst.Multiply, cst.Divide, cst.FloorDivide, cst.Modulo, cst.Power)
UPDATES = (cst.AddAssign, cst.SubtractAssign, cst.MultiplyAssign, cst.DivideAssign)
COMPARISONS = (cst.LessThan, cst.LessThanEqual, cst.GreaterThan, cst.GreaterThanEqual, cst.Equal, cst.NotEqual)
CONNECTIVES = (cst.And, cst.Or)
EXPRESSIONS = (cst.Call, cst.BinaryOperation, cst.Comparison, cst.Attribute, cst.Subscript, cst.IfExp)
TIGHT = (cst.Name, cst.BaseNumber, cst.Call, cst.Attribute, cst.Subscript)  # never need parentheses
STATEMENTS = (cst.SimpleStatementLine, cst.BaseCompoundStatement)


class NoSite(Exception):
    """The operator finds nothing to edit in this file."""


def pick(items: Sequence[Any], rng: random.Random) -> Any:
    """One of `items`. Raises NoSite when there is none."""
    if not items:
        raise NoSite
    return rng.choice(items)


def kindred(tree: Tree, node: cst.CSTNode, others: list[Any], rng: random.Random) -> list[Any]:
    """Those of `others` that are of the kind of `node`; now and then all of them."""
    return tree.alike(node, others) if rng.random() < KIND_SHARE else others


def number(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """A constant takes a step in proportion to its size, or changes its sign."""
    node = pick(tree.every(cst.Integer, cst.Float), rng)
    if code(tree.parent[node]) == "-" + code(node):
        node = tree.parent[node]
    return {node: cst.parse_expression(repr(step(ast.literal_eval(code(node)), rng)))}


def step(value: float, rng: random.Random) -> float:
    """Log-normal, and at least 1 for an integer."""
    if rng.random() < SIGN_SHARE:
        return -value
    change = value * math.expm1(rng.gauss(0, LOG_STEP)) if value else rng.gauss(0, ZERO_STEP)
    if isinstance(value, int):
        return value + round(math.copysign(max(1, abs(change)), change))
    return float(f"{value + change:.{DIGITS}g}")


def swap(tree: Tree, kinds: tuple[type[Any], ...], rng: random.Random) -> Change:
    """A node of one of these kinds for one of another."""
    node = pick(tree.every(*kinds), rng)
    return {node: rng.choice([kind for kind in kinds if not isinstance(node, kind)])()}


def arithmetic(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """An arithmetic operator for another."""
    return swap(tree, rng.choice((ARITHMETIC, UPDATES)), rng)


def comparison(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """A comparison for another."""
    return swap(tree, COMPARISONS, rng)


def boolean(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """A condition for its opposite, a truth value for the other, or `and` for `or`."""
    if rng.random() < NEGATION_SHARE:
        test = pick(tree.every(cst.If, cst.IfExp), rng).test
        return {test: cst.UnaryOperation(cst.Not(), enclosed(test))}
    truths = [node for node in tree.every(cst.Name) if code(node) in ("True", "False")]
    if truths:
        node = rng.choice(truths)
        return {node: node.with_changes(value=str(node.value == "False"))}
    return swap(tree, CONNECTIVES, rng)


def name(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """A name for another that the function has mentioned before, preferably of its kind."""
    alike = rng.random() < KIND_SHARE
    sites = [(node, tree.alike(node, others) if alike else others) for node, others in tree.choices]
    node, others = pick([site for site in sites if site[1]], rng)
    return {node: node.with_changes(value=rng.choice(others))}


def expression(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """An expression for another of the same function, preferably of its kind."""
    node = pick(tree.every(*EXPRESSIONS), rng)
    return {node: fitted(tree, node, pick(kindred(tree, node, tree.beside(node, *EXPRESSIONS), rng), rng))}


def combine(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """An operand is combined with another of the same function."""
    one = pick(tree.every(cst.BinaryOperation), rng)
    other = pick(tree.beside(one, cst.BinaryOperation), rng)
    node, more = rng.choice((one.left, one.right)), rng.choice((other.left, other.right))
    return {node: enclosed(cst.BinaryOperation(enclosed(node), rng.choice(ARITHMETIC)(), enclosed(more)))}


def simplify(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """An operation gives way to one of its operands."""
    node = pick(tree.every(cst.BinaryOperation, cst.BooleanOperation), rng)
    return {node: fitted(tree, node, rng.choice((node.left, node.right)))}


def argument(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """An argument takes the value of another, preferably of its kind; in one call, they change places."""
    one = pick(tree.every(cst.Arg), rng)
    values = {arg.value: arg for arg in tree.beside(one, cst.Arg)}
    other = pick(kindred(tree, one.value, list(values), rng), rng)
    change = {one.value: other}
    return change | {other: one.value} if tree.parent[values[other]] is tree.parent[one] else change


def statements(tree: Tree) -> list[Any]:
    """The statements inside functions, docstrings apart."""
    found = [node for node in tree.every(*STATEMENTS) if isinstance(tree.parent[node], cst.IndentedBlock)]
    return [node for node in found if tree.function(node) is not tree.module and not documents(node)]


def documents(node: cst.CSTNode) -> bool:
    """Whether a statement is a docstring."""
    match node:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString())]):
            return True
    return False


def delete(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """A statement goes."""
    return {pick(statements(tree), rng): cst.RemoveFromParent()}


def duplicate(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """A statement comes twice."""
    node = pick(statements(tree), rng)
    return {node: cst.FlattenSentinel([node, node])}


def move(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """A statement changes places with another of its block."""
    node = pick(statements(tree), rng)
    other = pick([each for each in statements(tree) if tree.parent[each] is tree.parent[node]], rng)
    return {node: other, other: node}


def wrap(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """A statement comes into a loop, or under a condition of the same function."""
    node = pick(statements(tree), rng)
    body = cst.IndentedBlock([node])
    if rng.random() < LOOP_SHARE:
        return {node: cst.For(cst.Name("_"), cst.parse_expression(f"range({rng.choice(LOOPS)})"), body)}
    tests = [each.test for each in tree.beside(node, cst.If, cst.While, cst.IfExp)]
    return {node: cst.If(pick(tests + tree.beside(node, cst.Comparison), rng), body)}


def transplant(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    """A function takes the body of another with the same parameters, from any file of the donor."""
    node = pick(tree.every(cst.FunctionDef), rng)
    donors = [each for donor in pool for each in donor.every(cst.FunctionDef) if code(each.params) == code(node.params)]
    return {node: node.with_changes(body=pick(donors, rng).body)}


def enclosed(node: Any) -> Any:
    """An expression in parentheses, unless it holds together without."""
    if node.lpar or isinstance(node, TIGHT):
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def fitted(tree: Tree, node: cst.CSTNode, new: Any) -> Any:
    """The expression `new` as it must be written in the place of `node`."""
    inner = isinstance(tree.parent[node], cst.BaseExpression | cst.ComparisonTarget)
    return enclosed(new) if inner else new


OPERATORS = {
    operator.__name__: operator
    for operator in (
        number,
        arithmetic,
        comparison,
        boolean,
        name,
        expression,
        combine,
        simplify,
        argument,
        delete,
        duplicate,
        move,
        wrap,
        transplant,
    )
}
"""By name: an edit reports the name of the operator that made it."""
