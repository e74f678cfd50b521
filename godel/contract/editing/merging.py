"""An excerpt of a Python file, put into the file statement by statement: what it does not show stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import libcst as cst

from .errors import EditFailed
from .parsing import parse_module, readable
from .source import complete
from .tree import BLANK, METHOD_GAP, TOP_LEVEL_GAP, Definition, Statement, block_of, code, comments, named, with_header

GAP = cst.SimpleStatementLine([cst.Expr(cst.Ellipsis())])
"""Stands for what an excerpt does not show."""


def merge(path: str, old: str, text: str) -> str:
    """The file `path` after an excerpt in which `...` stands for what is not shown. Raises EditFailed where a
    statement has no one place."""
    module, excerpt = with_header(parse_module(old, path)), with_header(parse_module(text, f"the excerpt of {path}"))
    with readable(path):
        shown = in_their_class(module.body, excerpt.body)
        body = Merge(path, module.body, TOP_LEVEL_GAP).after(shown)
        return complete(module.with_changes(body=body).code)


class Merge:
    """Of the statements of a module or of a class, with those of an excerpt."""

    def __init__(self, path: str, old: Sequence[Statement], gap: int) -> None:
        self.path, self.old, self.gap = path, old, gap
        self.slots: list[list[Statement]] = [[node] for node in old]

    def after(self, shown: Sequence[Statement]) -> list[Statement]:
        """What is new comes before the next statement that has a place, or else after the last, or by its kind."""
        waiting: list[Statement] = []
        last: int | None = None
        taken: set[int] = set()
        for node, at in self._placed([node for node in shown if not is_gap(node)]):
            if at is None:
                waiting.append(node)
                continue
            self._at_the_top(waiting)
            again = self.slots[at] if at in taken else []
            self.slots[at] = [*again, *self._new(filter(_stays_here, waiting)), self._instead(self.old[at], node)]
            waiting, last = [], at
            taken.add(at)
        self._at_the_top(waiting)
        self._at_the_end([node for node in waiting if _stays_here(node)], last)
        return [node for slot in self.slots for node in slot]

    def _placed(self, shown: Sequence[Statement]) -> Iterator[tuple[Statement, int | None]]:
        """The statements with their places; without those that the file has already."""
        known = {code(node).strip() for node in self.old if not isinstance(node, Definition)}
        keys = [_key(node) for node in shown]
        for number, (node, key) in enumerate(zip(shown, keys, strict=True)):
            if code(node).strip() in known:
                continue
            places = [at for at, old in enumerate(self.old) if key and _key(old) == key]
            if len(places) > 1 and len(places) != keys.count(key):
                raise EditFailed(f"{key} stands {len(places)} times in {self.path}: edit the lines by a block")
            if not places and not _can_be_new(node):
                raise EditFailed(
                    f"`{_head(node)}` has no place in {self.path}: give the whole function that it belongs in"
                )
            yield node, places[min(keys[:number].count(key), len(places) - 1)] if places else None

    def _instead(self, old: Statement, node: Statement) -> Statement:
        lines = [*_blanks(old), *(comments(node) or comments(old))]
        if isinstance(node, Definition) and is_stub(node) and not is_stub(old):
            return old
        if isinstance(node, cst.ClassDef) and isinstance(old, cst.ClassDef) and self._is_part(old, node):
            body = Merge(f"{self.path}'s {old.name.value}", block_of(old), METHOD_GAP).after(block_of(node))
            shell = node if node.bases or node.keywords or node.decorators else old
            return shell.with_changes(body=old.body.with_changes(body=body), leading_lines=lines)
        if (
            isinstance(node, cst.FunctionDef)
            and (gap := next(filter(is_gap, block_of(node)), None))
            and not is_stub(old)
        ):
            raise EditFailed(f"{node.name.value} is shown with a gap (`{_head(gap)}`): give the function as a whole")
        return node.with_changes(leading_lines=lines)

    def _is_part(self, old: cst.ClassDef, node: cst.ClassDef) -> bool:
        """A class shown with a gap, or without methods that it had."""
        methods, had = (
            {each.name.value for each in block_of(one) if isinstance(each, cst.FunctionDef)} for one in (node, old)
        )
        return any(map(is_gap, block_of(node))) or not had <= methods

    def _new(self, nodes: Iterable[Statement]) -> list[Statement]:
        """With the blank lines above them that a new one has."""
        return [
            node.with_changes(
                leading_lines=[*[BLANK] * (self.gap if isinstance(node, Definition) else 0), *comments(node)]
            )
            for node in nodes
        ]

    def _at_the_top(self, nodes: Sequence[Statement]) -> None:
        for node in filter(is_docstring, nodes):
            self._insert(0, [node])
        for node in filter(_is_import, nodes):
            self._insert(self._after_imports(node), [node])

    def _at_the_end(self, nodes: Sequence[Statement], last: int | None) -> None:
        """After the last statement that had a place; without one, values above the functions, functions at the end."""
        first = next((at for at, node in enumerate(self.old) if isinstance(node, Definition)), len(self.old))
        values = [node for node in nodes if not isinstance(node, Definition)]
        self._insert(first if last is None else last + 1, values)
        end = len(self.old) if last is None or last < first else last + 1
        self._insert(end, [node for node in nodes if isinstance(node, Definition)])

    def _after_imports(self, node: Statement) -> int:
        head = 1 if self.old and is_docstring(self.old[0]) else 0
        future = "__future__" in code(node)
        return head if future else max((at + 1 for at, old in enumerate(self.old) if _is_import(old)), default=head)

    def _insert(self, at: int, nodes: Sequence[Statement]) -> None:
        """Before the statement `at`; at the end, where there is none."""
        if nodes and at < len(self.slots):
            self.slots[at] = [*self._new(nodes), *self.slots[at]]
        elif nodes:
            self.slots.append(self._new(nodes))


def is_gap(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and code(node).strip() == "..."


def is_docstring(node: Statement) -> bool:
    match node:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString())]):
            return True
    return False


def is_stub(node: Statement) -> bool:
    """A function of which nothing is shown but its head."""
    if not isinstance(node, cst.FunctionDef):
        return False
    if not isinstance(node.body, cst.IndentedBlock):
        return code(node.body).strip() == "..."
    return all(is_gap(each) or is_docstring(each) for each in block_of(node))


def _key(node: Statement) -> str:
    """What tells a statement from its neighbours, where its text may change."""
    if is_docstring(node):
        return "its docstring"
    adds = isinstance(node, cst.SimpleStatementLine) and isinstance(node.body[0], cst.AugAssign)
    return "" if adds or _is_import(node) else named(node)


def _can_be_new(node: Statement) -> bool:
    return isinstance(node, Definition) or _is_import(node) or bool(_key(node))


def _stays_here(node: Statement) -> bool:
    return not (_is_import(node) or is_docstring(node))


def _is_import(node: Statement) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and isinstance(node.body[0], cst.Import | cst.ImportFrom)


def _head(node: cst.CSTNode) -> str:
    return code(node).partition("\n")[0]


def _blanks(node: Statement) -> list[cst.EmptyLine]:
    return list(node.leading_lines[: len(node.leading_lines) - len(comments(node))])


def in_their_class(old: Sequence[Statement], shown: Sequence[Statement]) -> list[Statement]:
    """The statements, of which the methods that are shown without their class are put in it, with a gap."""
    bare = [node for node in shown if _is_bare_method(old, node)]
    homes: dict[str, list[Statement]] = {}
    for node in bare:
        homes.setdefault(_home(old, node), []).append(node)
    classes = [cst.ClassDef(cst.Name(name), cst.IndentedBlock([*nodes, GAP])) for name, nodes in homes.items()]
    return [*(node for node in shown if node not in bare), *classes]


def _is_bare_method(old: Sequence[Statement], node: Statement) -> bool:
    here = any(named(each) == named(node) for each in old)
    return isinstance(node, cst.FunctionDef) and _takes_self(node) and not here


def _home(old: Sequence[Statement], node: Statement) -> str:
    """The only class that a method can belong to. Raises EditFailed."""
    classes = [each for each in old if isinstance(each, cst.ClassDef)]
    homes = [each for each in classes if any(named(one) == named(node) for one in block_of(each))] or classes
    if len(homes) != 1:
        raise EditFailed(f"{named(node)} may belong in {' or '.join(map(named, homes)) or 'no class'}: show its class")
    return homes[0].name.value


def _takes_self(node: cst.FunctionDef) -> bool:
    first = [*node.params.posonly_params, *node.params.params][:1]
    return bool(first) and first[0].name.value in ("self", "cls")
