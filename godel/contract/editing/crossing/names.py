"""Which names a program reads that nothing has given a value by then, as far as its text tells."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from ...fingerprints import quiet_parse
from ...program import Program
from ..source import syntax_error

TEXTS = 256
"""Whose names are remembered."""

BUILTINS = {*dir(builtins), "__name__", "__file__", "__doc__", "__package__", "__spec__"}
Function = ast.FunctionDef | ast.AsyncFunctionDef
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Names(NamedTuple):
    """Of one text: what it binds anywhere, what it reads unbound, and what it takes from which module."""

    bound: frozenset[str]
    unbound: frozenset[str]
    taken: tuple[tuple[str, str], ...]


def unbound(program: Program, path: str) -> set[str]:
    """Of the Python file at `path`, which has to parse: names that are bound nowhere in reach, those that a function
    reads above where it binds them, and those that are taken from another file of the program that has them not."""
    own = names(program.files[path])
    return {*own.unbound, *(f"{module}.{name}" for module, name in own.taken if _lacks(program, module, name))}


def _lacks(program: Program, module: str, name: str) -> bool:
    text = program.files.get(f"{module.replace('.', '/')}.py")
    return text is not None and not syntax_error(text) and name not in names(text).bound


@lru_cache(TEXTS)
def names(text: str) -> Names:
    tree = quiet_parse(text)
    there = frozenset(name for node in ast.walk(tree) for name in bound(node))
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    taken = tuple((node.module or "", each.name) for node in froms for each in node.names if each.name != "*")
    return Names(there, frozenset((*_unknown(tree, there), *_early(tree))), taken)


def _unknown(tree: ast.Module, known: frozenset[str]) -> Iterator[str]:
    """Names that are bound nowhere in the file: which scope would be the right one is not looked into."""
    if not any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(tree)):
        reads = (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
        yield from (name for name in reads if name not in known and name not in BUILTINS)


def bound(node: ast.AST) -> Iterator[str]:
    """What a node gives a value to."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.alias(name=name, asname=other):
            yield other or name.partition(".")[0]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name


def _early(tree: ast.Module) -> Iterator[str]:
    """`function.name` for every name of its own that a function reads first and binds later."""
    for function in ast.walk(tree):
        if isinstance(function, Function):
            yield from (f"{function.name}.{name}" for name in _read_first(function))


def _read_first(function: Function) -> Iterator[str]:
    inside = [node for statement in function.body for node in _own(statement)]
    elsewhere = {name for node in inside if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
    given = {name for node in ast.walk(function.args) for name in bound(node)} | elsewhere
    known: set[str] = set(given)
    own = {name for node in inside for name in bound(node)} - given
    for node in inside:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in own - known:
            yield node.id
        known.update(bound(node))


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """A statement's nodes in the order in which they are worked out, without those of other scopes."""
    if isinstance(node, (*SCOPES, *COMPREHENSIONS)):
        yield from (each for each in [node] if isinstance(node, Function | ast.ClassDef))
        return
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield ast.Name(node.target.id, ast.Load())
    if isinstance(node, ast.ExceptHandler):  # binds its name before its block
        yield node
    for child in _in_order(node):
        yield from _own(child)
    yield node


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    """Values before what they are assigned to, a loop's iterable before its variable."""
    first = [getattr(node, field) for field in ("value", "iter") if isinstance(getattr(node, field, None), ast.AST)]
    yield from first
    yield from (child for child in ast.iter_child_nodes(node) if child not in first)
