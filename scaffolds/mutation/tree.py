"""A parsed file: its nodes in order, who holds whom, and which names are of one kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache

import libcst as cst

Change = Mapping[cst.CSTNode, "cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel"]
"""Nodes of a tree, and what stands there instead."""

FILES_REMEMBERED = 256
LITERAL_NAMES = ("True", "False", "None")
UNSEEN = (
    cst.Annotation, cst.Comma, cst.EmptyLine, cst.Import, cst.ImportFrom, cst.LeftParen, cst.RightParen,
    cst.BaseParenthesizableWhitespace, cst.TrailingWhitespace,
)  # fmt: skip
"""Parts of a tree that no operator looks at."""


class Tree:
    """One file. Nodes compare by identity; their places give the order."""

    def __init__(self, text: str) -> None:
        self.module = cst.parse_module(text)
        self.parent: dict[cst.CSTNode, cst.CSTNode] = {}
        self.place: dict[cst.CSTNode, int] = {}
        self._index(self.module)

    def _index(self, node: cst.CSTNode) -> None:
        self.place[node] = len(self.place)
        for child in children(node):
            self.parent[child] = node
            self._index(child)

    def holders(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """What `node` lies in, innermost first, the module last."""
        while node in self.parent:
            node = self.parent[node]
            yield node

    def scope(self, node: cst.CSTNode) -> cst.CSTNode:
        """The innermost function around `node`, or the module."""
        return next((h for h in self.holders(node) if isinstance(h, cst.FunctionDef)), self.module)

    def statement(self, node: cst.CSTNode) -> cst.CSTNode:
        """The innermost statement that `node` lies in."""
        return next(
            (h for h in self.holders(node) if isinstance(h, cst.SimpleStatementLine | cst.BaseCompoundStatement)), node
        )

    def replace(self, change: Change) -> str:
        """The file's text after `change`."""
        return self.module.visit(Replacer(change, {h for node in change for h in self.holders(node)})).code

    def describe(self, change: Change) -> tuple[str, str]:
        """The text before and after, of what changes only."""
        return "\n".join(map(code, change)), "\n".join(map(code, change.values()))

    def symbol(self, change: Change) -> str:
        """The function, class or module-level name that `change` lies in; "" for the file."""
        node = next(iter(change))
        chain = [node, *self.holders(node)][::-1]
        names = [h.name.value for h in chain if isinstance(h, cst.FunctionDef | cst.ClassDef)]
        assigned = [code(h.targets[0].target) for h in chain if isinstance(h, cst.Assign)]
        return ".".join(names or assigned[:1])

    @cached_property
    def loads(self) -> list[tuple[cst.Name, list[str], list[str]]]:
        """Every name that a function reads, with the names of its kind and with all names
        that the function has mentioned before that statement."""
        return [(node, *self._others(node)) for node in self.place if self._is_load(node)]

    def _is_load(self, node: cst.CSTNode) -> bool:
        if not isinstance(node, cst.Name) or node.value in LITERAL_NAMES or self.scope(node) is self.module:
            return False
        holder = self.parent[node]
        match holder:
            case cst.AssignTarget() | cst.Param() | cst.FunctionDef() | cst.ClassDef():
                return False
            case cst.Attribute(attr=label) | cst.Arg(keyword=label) | cst.For(target=label) | cst.CompFor(target=label):
                return label is not node
        return not any(isinstance(h, cst.AssignTarget) for h in self.holders(node))

    def _others(self, node: cst.Name) -> tuple[list[str], list[str]]:
        first, groups = self._names[self.scope(node)]
        start = self.place[self.statement(node)]
        visible = [name for name, place in first.items() if place < start and name != node.value]
        group = groups.get(node.value, ())
        return [name for name in visible if name in group], visible

    @cached_property
    def _names(self) -> dict[cst.CSTNode, tuple[dict[str, int], dict[str, list[str]]]]:
        """For each function: where each name comes first, and the roles of its kind."""
        known: dict[cst.CSTNode, tuple[dict[str, int], dict[str, list[str]]]] = {}
        for node, place in self.place.items():
            first, groups = known.setdefault(self.scope(node), ({}, {}))
            if isinstance(node, cst.Name) and not isinstance(self.parent[node], cst.Attribute | cst.FunctionDef):
                first.setdefault(node.value, place)
            for one, other in links(node):
                join(groups, one, other)
        return known


class Replacer(cst.CSTTransformer):
    """Puts a change in its place, and visits nothing but the way to it."""

    def __init__(self, change: Change, way: set[cst.CSTNode]) -> None:
        super().__init__()
        self.change, self.way = change, way

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node in self.way

    def on_leave(self, original: cst.CSTNode, updated: cst.CSTNode):  # type: ignore[no-untyped-def, override]
        return self.change.get(original, updated)


@lru_cache(FILES_REMEMBERED)
def parse(text: str) -> Tree | None:
    """None for text that is no Python."""
    try:
        return Tree(text)
    except cst.ParserSyntaxError:
        return None


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The parts of a node that operators look at."""
    for field in node.__dataclass_fields__:
        value = getattr(node, field)
        for part in value if isinstance(value, list | tuple) else (value,):
            if isinstance(part, cst.CSTNode) and not isinstance(part, UNSEEN):
                yield part


def code(node: object) -> str:
    """A node as text; "" for one that was removed."""
    if isinstance(node, cst.FlattenSentinel):
        return "\n".join(map(code, node))
    return cst.Module([]).code_for_node(node).strip() if isinstance(node, cst.CSTNode) else ""


def role(node: cst.CSTNode) -> str:
    """What an expression stands for: `f(x)` and `f(y)` both stand for `f()`."""
    match node:
        case cst.Name(value=name):
            return name
        case cst.Call(func=function):
            return role(function) + "()"
        case cst.Subscript(value=value):
            return role(value) + "[]"
        case cst.Attribute(value=value, attr=attr):
            return f"{role(value)}.{attr.value}"
    return ""


def links(node: cst.CSTNode) -> list[tuple[str, str]]:
    """Pairs of roles of one kind: assigned, compared, reckoned with, passed in one place."""
    match node:
        case cst.Assign(targets=targets, value=value):
            return [pair for target in targets for pair in aligned(target.target, value)]
        case cst.AugAssign(target=one, value=other) | cst.BinaryOperation(left=one, right=other):
            return [(role(one), role(other))]
        case cst.Comparison(left=one, comparisons=[target, *_]):
            return [(role(one), role(target.comparator))]
        case cst.For(target=one, iter=other) | cst.CompFor(target=one, iter=other):
            return [(role(one), role(other) + "[]")]
        case cst.Call(func=function, args=args):
            return [(role(arg.value), f"{role(function)}({i})") for i, arg in enumerate(args)]
    return []


def aligned(target: cst.CSTNode, value: cst.CSTNode) -> list[tuple[str, str]]:
    """The pairs of an assignment; of a tuple's, element by element."""
    if isinstance(target, cst.Tuple) and isinstance(value, cst.Tuple):
        return [(role(a.value), role(b.value)) for a, b in zip(target.elements, value.elements)]
    return [(role(target), role(value))]


def join(groups: dict[str, list[str]], one: str, other: str) -> None:
    """Make one group of the groups of two roles."""
    if one and other:
        merged = list(dict.fromkeys([*groups.get(one, [one]), *groups.get(other, [other])]))
        groups.update(dict.fromkeys(merged, merged))
