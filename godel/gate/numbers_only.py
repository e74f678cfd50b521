"""Edits of numbers alone: a control, for what changing the rest of a program is worth."""

from __future__ import annotations

import ast

from godel.contract.fingerprints import shape
from godel.contract.syntax import Unparsable, parse

from . import Proposal

NUMBERS = (int, float, complex)


class NumbersOnly:
    """Refuses a child that differs from its parent in more than numbers."""

    name = "numbers only"

    def refuse(self, proposal: Proposal) -> str:
        child, parent = proposal.child.files, proposal.parent.files
        if child.keys() != parent.keys():
            return "it has other files than its parent"
        for path, text in child.items():
            if text != parent[path] and without_numbers(text) != without_numbers(parent[path]):
                return f"{path} differs in more than numbers"
        return ""


def without_numbers(text: str) -> str:
    """What is left of a source once every number is the same; of one that does not parse, all."""
    try:
        return shape(Blank().visit(parse(text)))
    except Unparsable:
        return text


class Blank(ast.NodeTransformer):
    """Makes every number 0, with the sign before it."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant(0) if type(node.value) in NUMBERS else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        inner = self.generic_visit(node)
        assert isinstance(inner, ast.UnaryOp)
        number = isinstance(inner.operand, ast.Constant) and type(inner.operand.value) in NUMBERS
        return inner.operand if number and isinstance(inner.op, ast.USub | ast.UAdd) else inner
