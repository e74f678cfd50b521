"""A parsed file: its nodes in order, who holds whom, and what belongs to which function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any

import libcst as cst

from ..parsing import Unreadable, parse_module, readable
from .kinds import CONSTANTS, Names, links, role, unite
from .nodes import code, parts

Change = Mapping[cst.CSTNode, "cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel"]
"""Nodes of a tree, and what stands there instead."""

TREES = 256  # that are remembered
STORED = ("target", "params", "name")  # fields whose names are written, not read


class Tree:
    """One file. Nodes compare by identity; their places give the order."""

    def __init__(self, text: str) -> None:
        self.text, self.module = text, parse_module(text)
        self.parent: dict[cst.CSTNode, cst.CSTNode] = {}
        self.place: dict[cst.CSTNode, int] = {}
        self.owned: dict[cst.CSTNode, list[cst.CSTNode]] = {self.module: []}
        """By function, or the module for what is in none: its nodes, in order."""
        self.reads: list[cst.Name] = []
        self._index(self.module, self.module, stored=False)

    def _index(self, node: cst.CSTNode, owner: cst.CSTNode, stored: bool) -> None:
        self.place[node] = len(self.place)
        self.owned[owner].append(node)
        if isinstance(node, cst.Name) and not stored and node.value not in CONSTANTS:
            self.reads.append(node)
        if isinstance(node, cst.FunctionDef):
            self.owned[node], owner = [], node
        for field, child in parts(node):
            self.parent[child] = node
            self._index(child, owner, stored or field in STORED)

    def every(self, *kinds: type[Any]) -> list[Any]:
        """The nodes of these kinds, in order."""
        return [node for node in self.place if isinstance(node, kinds)]

    def holders(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """What `node` lies in, innermost first, the module last."""
        while node in self.parent:
            node = self.parent[node]
            yield node

    def around(self, node: cst.CSTNode, *kinds: type[Any]) -> cst.CSTNode:
        """The innermost of these kinds that `node` lies in, or the module."""
        return next((holder for holder in self.holders(node) if isinstance(holder, kinds)), self.module)

    def function(self, node: cst.CSTNode) -> cst.CSTNode:
        """The innermost function that `node` lies in, or the module."""
        return self.around(node, cst.FunctionDef)

    def beside(self, node: cst.CSTNode, *kinds: type[Any]) -> list[Any]:
        """The nodes of these kinds in the same function."""
        return [other for other in self.owned[self.function(node)] if isinstance(other, kinds)]

    def replace(self, change: Change) -> str:
        """The file's text after `change`. Raises Unreadable."""
        with readable("the change"):
            return self.module.visit(Replacer(change, {h for node in change for h in self.holders(node)})).code

    def describe(self, change: Change) -> tuple[str, str]:
        """The text before and after, of what changes only."""
        return "\n".join(map(code, change)), "\n".join(map(code, change.values()))

    def symbol(self, node: cst.CSTNode) -> str:
        """The function or class, or else the module's variable, that `node` is or lies in."""
        chain = [node, *self.holders(node)][::-1]
        names = [each.name.value for each in chain if isinstance(each, cst.FunctionDef | cst.ClassDef)]
        variables = [code(each.targets[0].target) for each in chain if isinstance(each, cst.Assign)]
        return ".".join(names or variables)

    def alike(self, node: cst.CSTNode, others: Iterable[Any]) -> list[Any]:
        """Those expressions (or names, as text) that are of the kind of `node` in its function."""
        kind = self._names[self.function(node)].kinds.get(role(node), [role(node)])
        return [other for other in others if (other if isinstance(other, str) else role(other)) in kind]

    def choices(self, function: cst.CSTNode) -> list[tuple[cst.Name, list[str]]]:
        """Every name that a function reads, with the others that it has mentioned before."""
        return [(name, self._others(name)) for name in self.reads if self.function(name) is function]

    def _others(self, name: cst.Name) -> list[str]:
        start = self.place[self.around(name, cst.SimpleStatementLine, cst.BaseCompoundStatement)]
        first = self._names[self.function(name)].first
        return [other for other, place in first.items() if place < start and other != name.value]

    @cached_property
    def _names(self) -> dict[cst.CSTNode, Names]:
        return {owner: self._names_of(nodes) for owner, nodes in self.owned.items()}

    def _names_of(self, nodes: list[cst.CSTNode]) -> Names:
        names = Names({}, {})
        for node in nodes:
            if isinstance(node, cst.Name):
                names.first.setdefault(node.value, self.place[node])
            for one, other in links(node):
                unite(names.kinds, one, other)
        return names


class Replacer(cst.CSTTransformer):
    """Puts a change in its place, and visits nothing but the way to it."""

    def __init__(self, change: Change, way: set[cst.CSTNode]) -> None:
        super().__init__()
        self.change, self.way = change, way

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node in self.way

    def on_leave(self, original, updated):  # type: ignore[no-untyped-def]
        return self.change.get(original, updated)


@lru_cache(TREES)
def parsed(text: str) -> Tree | None:
    """None for text that can't be read as Python."""
    try:
        with readable("the program"):
            return Tree(text)
    except Unreadable:
        return None
