"""Where two programs differ, statement by statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

import libcst as cst

from ...program import Program
from ..parsing import Unreadable, parse_module, readable

Block = cst.Module | cst.IndentedBlock
Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
MODULES, STATEMENTS = 64, 4096
"""Whose trees and texts are remembered: one program is crossed with many."""

NOTHING = cst.IndentedBlock(())


@dataclass(frozen=True)
class Site:
    """Some statements of a file, and what the mate has there instead; both may be none. `block`: what they stand in,
    from `start` to before `end`; None where the whole file is the site, whose other text is `after`."""

    path: str
    symbol: str
    before: str
    after: str
    module: cst.Module | None = None
    block: Block | None = None
    start: int = 0
    end: int = 0
    new: tuple[Statement, ...] = ()


def sites(program: Program, mate: Program) -> list[Site]:
    """By path and in order, of the files that both have."""
    shared = sorted(program.files.keys() & mate.files.keys())
    return [site for path in shared for site in _of_file(path, program.files[path], mate.files[path])]


def _of_file(path: str, ours: str, theirs: str) -> Sequence[Site]:
    if ours == theirs:
        return ()
    whole = [Site(path, "", ours, theirs)]
    if not path.endswith(".py"):
        return whole
    try:
        one, other = _parsed(ours, path), _parsed(theirs, path)
        with readable(path):
            return list(_of_blocks(_Place(path, one, ()), one, other))
    except Unreadable:
        return whole


@lru_cache(MODULES)
def _parsed(text: str, path: str) -> cst.Module:
    return parse_module(text, path)


@dataclass(frozen=True)
class _Place:
    """A file, and the names of the functions and classes that are around."""

    path: str
    module: cst.Module
    names: tuple[str, ...]

    def inside(self, statement: Statement) -> _Place:
        named = isinstance(statement, cst.FunctionDef | cst.ClassDef)
        return _Place(self.path, self.module, (*self.names, name_of(statement)) if named else self.names)


def _of_blocks(place: _Place, ours: Block, theirs: Block) -> Iterator[Site]:
    one, other = _statements(ours), _statements(theirs)
    matched = SequenceMatcher(None, [_key(each) for each in one], [_key(each) for each in other], autojunk=False)
    for _, start, end, first, last in matched.get_opcodes():
        if end - start == last - first:
            for at in range(end - start):
                yield from _of_pair(place, ours, start + at, other[first + at])
        else:
            yield _site(place, ours, range(start, end), other[first:last])


def _of_pair(place: _Place, ours: Block, at: int, other: Statement) -> Iterator[Site]:
    one = _statements(ours)[at]
    if code(one) == code(other):
        return
    mine, its = inner(one), inner(other)
    if mine and its and code(_shell(one)) == code(_shell(other)):
        yield from _of_blocks(place.inside(one), mine, its)
    else:
        yield _site(place, ours, range(at, at + 1), [other])


def _site(place: _Place, block: Block, old: range, new: Sequence[Statement]) -> Site:
    body = _statements(block)
    before, after = ("\n".join(map(code, each)) for each in ([body[at] for at in old], new))
    named = [name_of(each) for each in (*body[old.start : old.stop], *new)]
    names = place.names or tuple(filter(None, named))[:1]
    return Site(place.path, ".".join(names), before, after, place.module, block, old.start, old.stop, tuple(new))


def _statements(block: Block) -> Sequence[Statement]:
    return [each for each in block.body if isinstance(each, cst.SimpleStatementLine | cst.BaseCompoundStatement)]


def inner(statement: Statement) -> cst.IndentedBlock | None:
    """The block of a function, a class, a loop or a condition."""
    body = getattr(statement, "body", None)
    return body if isinstance(body, cst.IndentedBlock) else None


def _shell(statement: Statement) -> Statement:
    """All but its block."""
    return statement.with_changes(body=NOTHING)


def _key(statement: Statement) -> str:
    """What a statement is told by: its name if it defines one, else its text."""
    name = name_of(statement)
    return f"{type(statement).__name__} {name}" if name else code(statement)


def name_of(statement: Statement) -> str:
    """Of a function, a class, or the one variable that is assigned; "" for others."""
    match statement:
        case cst.FunctionDef(name=cst.Name(value=name)) | cst.ClassDef(name=cst.Name(value=name)):
            return name
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))])]):
            return name
        case cst.SimpleStatementLine(body=[cst.AnnAssign(target=cst.Name(value=name))]):
            return name
    return ""


@lru_cache(STATEMENTS)
def code(statement: Statement) -> str:
    """Its text, without the lines above it."""
    return cst.Module([]).code_for_node(statement.with_changes(leading_lines=())).strip()
