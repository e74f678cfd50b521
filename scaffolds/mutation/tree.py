"""A parsed file: its nodes in order, who holds whom, and which names are of one kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import libcst as cst

from godel.contract.editing import Unreadable, parse_module, readable

Change = Mapping[cst.CSTNode, "cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel"]
"""Nodes of a tree, and what stands there instead."""

TREES = 256  # that are remembered
CONSTANTS = ("True", "False", "None")
UNSEEN = (
    cst.Annotation,
    cst.Comma,
    cst.EmptyLine,
    cst.Import,
    cst.ImportFrom,
    cst.LeftParen,
    cst.RightParen,
    cst.BaseParenthesizableWhitespace,
    cst.TrailingWhitespace,
)
LABELS = ("attr", "keyword")  # fields whose names are no variables
STORED = ("target", "params", "name")  # fields whose names are written, not read


class Names(NamedTuple):
    """The variables of one function: where each comes first, and which are of one kind."""

    first: dict[str, int]
    kinds: dict[str, list[str]]


class Tree:
    """One file. Nodes compare by identity; their places give the order."""

    def __init__(self, text: str) -> None:
        self.text, self.module = text, parse_module(text)
        self.parent: dict[cst.CSTNode, cst.CSTNode] = {}
        self.place: dict[cst.CSTNode, int] = {}
        self.reads: list[cst.Name] = []
        self._index(self.module, stored=False)

    def _index(self, node: cst.CSTNode, stored: bool) -> None:
        self.place[node] = len(self.place)
        if isinstance(node, cst.Name) and not stored and node.value not in CONSTANTS:
            self.reads.append(node)
        for field, child in children(node):
            self.parent[child] = node
            self._index(child, stored or field in STORED)

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
        function = self.function(node)
        return [other for other in self.every(*kinds) if self.function(other) is function]

    def replace(self, change: Change) -> str:
        """The file's text after `change`."""
        with readable("the change"):
            return self.module.visit(Replacer(change, {h for node in change for h in self.holders(node)})).code

    def describe(self, change: Change) -> tuple[str, str]:
        """The text before and after, of what changes only."""
        return "\n".join(map(code, change)), "\n".join(map(code, change.values()))

    def symbol(self, change: Change) -> str:
        """The function or class, or else the module's variable, that `change` lies in."""
        node = next(iter(change))
        chain = [node, *self.holders(node)][::-1]
        names = [each.name.value for each in chain if isinstance(each, cst.FunctionDef | cst.ClassDef)]
        variables = [code(each.targets[0].target) for each in chain if isinstance(each, cst.Assign)]
        return ".".join(names or variables)

    def alike(self, node: cst.CSTNode, others: Iterable[Any]) -> list[Any]:
        """Those expressions (or names, as text) that are of the kind of `node` in its function."""
        kind = self._names[self.function(node)].kinds.get(role(node), [role(node)])
        return [other for other in others if (other if isinstance(other, str) else role(other)) in kind]

    @cached_property
    def choices(self) -> list[tuple[cst.Name, list[str]]]:
        """Every name that a function reads, with the others that it has mentioned before."""
        return [(name, self._others(name)) for name in self.reads if self.function(name) is not self.module]

    def _others(self, name: cst.Name) -> list[str]:
        start = self.place[self.around(name, cst.SimpleStatementLine, cst.BaseCompoundStatement)]
        first = self._names[self.function(name)].first
        return [other for other, place in first.items() if place < start and other != name.value]

    @cached_property
    def _names(self) -> dict[cst.CSTNode, Names]:
        known: dict[cst.CSTNode, Names] = {}
        for node, place in self.place.items():
            names = known.setdefault(self.function(node), Names({}, {}))
            if isinstance(node, cst.Name):
                names.first.setdefault(node.value, place)
            for one, other in links(node):
                unite(names.kinds, one, other)
        return known


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
def parse(text: str) -> Tree | None:
    """None for text that can't be read as Python."""
    try:
        with readable("the program"):
            return Tree(text)
    except Unreadable:
        return None


def children(node: cst.CSTNode) -> Iterator[tuple[str, cst.CSTNode]]:
    """The parts of a node that operators look at, each with its field."""
    for field in node.__dataclass_fields__:
        value = getattr(node, field)
        for part in value if isinstance(value, list | tuple) else (value,):
            if isinstance(part, cst.CSTNode) and not isinstance(part, UNSEEN) and field not in LABELS:
                yield field, part


def code(node: object) -> str:
    """A node as text; "" for one that was removed."""
    if isinstance(node, cst.FlattenSentinel):
        return "\n".join(map(code, node))
    return cst.Module([]).code_for_node(node).strip() if isinstance(node, cst.CSTNode) else ""


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
