"""Functions of which a text shows the head, and not what they do."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.Module | None) -> Iterator[tuple[str, Function]]:
    """The functions and methods of a module, with their qualified names."""
    for node in tree.body if tree else ():
        if isinstance(node, Function):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{each.name}", each) for each in node.body if isinstance(each, Function))


def is_outline(node: Function) -> bool:
    """Whether the body is `...`, a docstring or both."""
    return all(isinstance(each, ast.Expr) and _says_nothing(each.value) for each in node.body)


def is_empty(node: Function) -> bool:
    """Whether the body does nothing at all, but for its docstring: `pass`, or NotImplementedError."""
    left = [each for each in node.body if not (isinstance(each, ast.Expr) and _says_nothing(each.value))]
    return all(isinstance(each, ast.Pass) or _is_not_implemented(each) for each in left)


def _says_nothing(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and (value.value is ... or isinstance(value.value, str))


def _is_not_implemented(node: ast.stmt) -> bool:
    return isinstance(node, ast.Raise) and node.exc is not None and "NotImplemented" in ast.unparse(node.exc)
