"""An edit operator for the mutation scaffold: a number doubles or halves."""

from __future__ import annotations

import ast
import random

import libcst as cst
import mutate
import operators
from tree import Change, Tree, code


def nudge(tree: Tree, pool: list[Tree], rng: random.Random) -> Change:
    node = operators.pick(tree.every(cst.Integer, cst.Float), rng)
    value = ast.literal_eval(code(node))
    halved = value // 2 if isinstance(value, int) else value / 2
    return {node: cst.parse_expression(repr(rng.choice((value * 2, halved))))}


operators.OPERATORS["nudge"] = nudge
mutate.WEIGHTS["nudge"] = 100
