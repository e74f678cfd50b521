"""What a Python text binds at its top level, and what it reads that it does not bind."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from typing import NamedTuple

from .source import parsed

GIVEN = {*dir(builtins), "__file__", "__name__", "__doc__", "__builtins__", "__spec__", "__path__", "__package__"}


class Uses(NamedTuple):
    """Of one file: the names that it binds, those that it reads and binds nowhere, those of its functions and
    classes, what it takes from other modules, as (module, name), its methods, as (class, method), and the attributes
    that it reads."""

    bound: frozenset[str]
    unbound: frozenset[str]
    defined: frozenset[str]
    taken: frozenset[tuple[str, str]]
    methods: frozenset[tuple[str, str]]
    attributes: frozenset[str]


NOTHING = Uses(*[frozenset()] * 6)


@lru_cache(maxsize=256)
def uses(text: str) -> Uses:
    """All of it empty for a text that does not parse, or that takes what it can get (`import *`)."""
    tree = parsed(text)
    if tree is None or any(isinstance(each, ast.ImportFrom) and each.names[0].name == "*" for each in ast.walk(tree)):
        return NOTHING
    tables = list(_tables(symtable.symtable(text, "program", "exec")))
    bound = {name for table in tables for name in _bound(table)}
    read = {each.get_name() for table in tables for each in table.get_symbols() if _from_outside(table, each)}
    named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return Uses(
        frozenset(bound),
        frozenset(read - bound - GIVEN),
        frozenset(node.name for node in tree.body if isinstance(node, named)),
        frozenset(_taken(tree)),
        frozenset(_methods(tree)),
        frozenset(each.attr for each in ast.walk(tree) if isinstance(each, ast.Attribute)),
    )


def _methods(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            inside = [each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
            yield from ((node.name, each.name) for each in inside)


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


def _bound(table: symtable.SymbolTable) -> Iterator[str]:
    for each in table.get_symbols():
        here = each.is_assigned() or each.is_imported() or each.is_namespace()
        if here and (table.get_type() == "module" or each.is_declared_global()):
            yield each.get_name()


def _from_outside(table: symtable.SymbolTable, symbol: symtable.Symbol) -> bool:
    return symbol.is_referenced() and (symbol.is_global() or table.get_type() == "module")


def _taken(tree: ast.Module) -> Iterator[tuple[str, str]]:
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, each.name) for each in node.names)
        elif isinstance(node, ast.Import):
            modules |= {each.asname or each.name: each.name for each in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield modules[node.value.id], node.attr


def module(path: str) -> str:
    """The name by which the other files import this one."""
    return ".".join(PurePosixPath(path).with_suffix("").parts)


def wanted(files: Mapping[str, str], path: str) -> set[str]:
    """The names that the other files take from the file `path`."""
    others = (text for each, text in files.items() if each != path and each.endswith(".py"))
    return {name for text in others for source, name in uses(text).taken if source == module(path)}


def called_methods(files: Mapping[str, str], path: str, old: str) -> set[tuple[str, str]]:
    """The methods of the text `old` that the file `path` gives up, though it keeps their class, and `files` call."""
    gone = uses(old).methods - uses(files[path]).methods
    read = {name for text in files.values() for name in uses(text).attributes}
    return {(holder, name) for holder, name in gone if name in read and holder in uses(files[path]).defined}


def lost(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The names that a change leaves without the definition that they had, with their files."""
    found = []
    for path, text in after.items():
        if path.endswith(".py") and uses(text) is not NOTHING:
            had, has = uses(before[path]).bound, uses(text).bound
            missing = (uses(text).unbound | wanted(after, path)) & (had - has)
            missing |= {f"{holder}.{name}" for holder, name in called_methods(after, path, before[path])}
            found += [f"{name} ({path})" for name in sorted(missing)]
    return found


def roots(files: Mapping[str, str], path: str) -> set[str]:
    """The functions and classes of a file that nothing else in the program uses: they are called from outside."""
    tree = parsed(files[path])
    read = {name for node in tree.body for name in _names(node)} if tree else set()
    return set(uses(files[path]).defined) - read - wanted(files, path)


def _names(node: ast.stmt) -> set[str]:
    """What a statement mentions, itself aside."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} - {getattr(node, "name", "")}


def mentions(files: Mapping[str, str], name: str) -> bool:
    """Whether anything but its own definition speaks of `name`."""
    trees = filter(None, (parsed(text) for path, text in files.items() if path.endswith(".py")))
    return any(name in _names(node) | _attributes(node) for tree in trees for node in tree.body) or any(
        name in wanted(files, path) for path in files if path.endswith(".py")
    )


def _attributes(node: ast.stmt) -> set[str]:
    return {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
