"""What two versions of a scaffold's files have of different statements: what went, what came, what was changed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from godel.contract import Program
from godel.contract.syntax import Unparsable, parse

BODIES = ("body", "orelse", "finalbody", "handlers")
DOCUMENTED = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
OTHER_ENDS = re.compile(r"[\r\f]")
"""Of lines: Python counts some of them as text does not."""
CONTROL = (ast.For, ast.While, ast.If, ast.With, ast.Try, ast.Match, ast.Break, ast.Continue, ast.Return)


Names = frozenset[str]
DRAWS = frozenset({"choice", "choices", "sample", "shuffle", "randrange", "randint", "random", "uniform"})
RANKS = frozenset({"max", "min", "sorted"})


class Facts(NamedTuple):
    """Of a statement without those inside it: the variables that it reads, those that it assigns to, and what these are
    made of; those that it compares or ranks, or is subject to a comparison of; those that it draws from."""

    reads: Names
    assigns: Names
    value: Names
    compares: Names
    drawn: Names
    draws: bool


class Statement(NamedTuple):
    """One statement without those inside it. `head`: its syntax tree as text; `depth`: how many it lies in."""

    node: ast.stmt
    head: str
    depth: int
    facts: Facts


@dataclass(frozen=True)
class Changes:
    """`changed`: a statement and what became of it, of one kind."""

    went: Sequence[Statement]
    came: Sequence[Statement]
    changed: Sequence[tuple[Statement, Statement]]

    def all(self) -> list[Statement]:
        return [*self.went, *self.came, *(each for pair in self.changed for each in pair)]


def changes(before: Program, after: Program) -> Changes:
    """Of all Python files; docstrings, comments and layout don't count. One that can't be parsed has no statements."""
    went, came, changed = [], [], []
    for path in dict.fromkeys([*before.files, *after.files]):
        texts = [each.files.get(path, "") for each in (before, after)]
        if texts[0] == texts[1] or not path.endswith(".py"):
            continue
        old, new = map(statements, texts)
        matcher = SequenceMatcher(None, [each.head for each in old], [each.head for each in new], autojunk=False)
        for tag, start, end, new_start, new_end in matcher.get_opcodes():
            if tag != "equal":
                pairs = list(_renewed(old[start:end], new[new_start:new_end]))
                changed += pairs
                went += [each for each in old[start:end] if each not in [one for one, _ in pairs]]
                came += [each for each in new[new_start:new_end] if each not in [other for _, other in pairs]]
    return Changes(went, came, changed)


def _renewed(old: Sequence[Statement], new: Sequence[Statement]) -> Iterator[tuple[Statement, Statement]]:
    """Those of one kind and depth, in order."""
    matcher = SequenceMatcher(None, [*map(_kind, old)], [*map(_kind, new)], autojunk=False)
    for block in matcher.get_matching_blocks():
        yield from zip(old[block.a : block.a + block.size], new[block.b : block.b + block.size], strict=True)


def _kind(statement: Statement) -> tuple[str, int]:
    return type(statement.node).__name__, statement.depth


@lru_cache(maxsize=512)
def statements(text: str) -> tuple[Statement, ...]:
    """In the order of the file."""
    try:
        tree = parse(text)
    except Unparsable:
        return ()
    if OTHER_ENDS.search(text) or any(node.col_offset for node in tree.body):
        return tuple(_walk(tree, frozenset(), 0))
    lines = text.split("\n")
    body = tree.body[1:] if tree.body and _documents(tree.body[0]) else tree.body
    return tuple(each for node in body for each in _within("\n".join(lines[_first(node) - 1 : node.end_lineno])))


@lru_cache(maxsize=20_000)
def _within(text: str) -> tuple[Statement, ...]:
    """Of one statement of a module: an edit leaves most of them as they are."""
    (node,) = parse(text).body
    return (Statement(node, _head(node), 0, _facts(node, frozenset())), *_walk(node, frozenset(), 1))


def _first(node: ast.stmt) -> int:
    """The line that it begins on, with what decorates it."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])


def _walk(holder: ast.AST, under: Names, depth: int) -> Iterator[Statement]:
    own = under | _compared([holder.test]) if isinstance(holder, ast.If | ast.While) else under
    for name in BODIES:
        for place, node in enumerate(getattr(holder, name, ())):
            if isinstance(node, ast.ExceptHandler | ast.match_case):
                yield from _walk(node, own, depth)
            elif not (name == "body" and place == 0 and isinstance(holder, DOCUMENTED) and _documents(node)):
                yield Statement(node, _head(node), depth, _facts(node, own))
                yield from _walk(node, own, depth + 1)
    for case in getattr(holder, "cases", ()):
        yield from _walk(case, own, depth)


def _facts(node: ast.stmt, under: Names) -> Facts:
    own = [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    value = [node.value] if isinstance(node, ast.Assign) else []
    calls = [each for part in own for each in ast.walk(part) if isinstance(each, ast.Call)]
    draws = [each for each in calls if isinstance(each.func, ast.Attribute) and each.func.attr in DRAWS]
    given = [part for call in draws for part in (*call.args, *(word.value for word in call.keywords))]
    return Facts(_names(own), _names(targets), _names(value), under | _compared(own), _names(given), bool(draws))


def _compared(parts: Sequence[ast.expr]) -> Names:
    return _names(each for part in parts for each in ast.walk(part) if isinstance(each, ast.Compare) or _ranks(each))


def _ranks(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RANKS


def _names(parts: Iterable[ast.AST]) -> Names:
    return frozenset(each.id for part in parts for each in ast.walk(part) if isinstance(each, ast.Name))


def _documents(node: ast.stmt) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _head(node: ast.stmt) -> str:
    parts = (f"{name}={_dumped(value)}" for name, value in ast.iter_fields(node) if name not in (*BODIES, "cases"))
    return f"{type(node).__name__}({', '.join(parts)})"


def _dumped(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_dumped, value)) + "]"
    return ast.dump(value) if isinstance(value, ast.AST) else repr(value)
