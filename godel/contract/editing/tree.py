"""Python files as libcst reads them: the parts they consist of, and functions put in the place of others."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

import libcst as cst

from .errors import EditFailed
from .parsing import parse_module, readable
from .source import complete

HEAD = 60
"""Characters of a statement that stand for it, where it has no name."""

Module = cst.Module
Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
Definition = cst.FunctionDef | cst.ClassDef

TOP_LEVEL_GAP, METHOD_GAP = 2, 1
"""Blank lines above a definition that is new."""
BLANK = cst.EmptyLine(indent=False)


class Part(NamedTuple):
    """A statement of a module or of a class, or the comment lines between two. `key` is what tells
    it from its neighbours when its text changes; `inner` are a class's parts, `shell` is the rest of it."""

    name: str
    key: str
    text: str
    defines: bool = False
    shell: str = ""
    inner: tuple[Part, ...] = ()


def parts(path: str, text: str) -> tuple[Part, ...]:
    """What a file consists of, in order. Raises EditFailed for a file that can't be read."""
    module = parse_module(text, path)
    with readable(path):
        return _parts([*module.header, *_lines(module.body), *module.footer], "")


def _lines(body: Iterable[Statement]) -> Iterator[cst.EmptyLine | Statement]:
    for statement in body:
        yield from statement.leading_lines
        yield statement.with_changes(leading_lines=())


def _parts(lines: Iterable[cst.EmptyLine | Statement], prefix: str) -> tuple[Part, ...]:
    pieces: list[Part] = []
    above: list[str] = []
    for line in [*lines, None]:
        if isinstance(line, cst.EmptyLine):
            above += [line.comment.value] if line.comment else []
            continue
        pieces += [_comment("\n".join(above))] if above else []
        pieces += [_statement(line, prefix)] if line else []
        above = []
    return tuple(pieces)


def _comment(text: str) -> Part:
    return Part(_head(text), "a comment", text)


def _statement(node: Statement, prefix: str) -> Part:
    name, text = named(node), code(node)
    part = Part(prefix + (name or _head(text)), name or f"a {_kind(node)}", text, isinstance(node, Definition))
    if not isinstance(node, cst.ClassDef) or not isinstance(node.body, cst.IndentedBlock):
        return part
    inner = _parts([*_lines(block_of(node)), *node.body.footer], f"{part.name}.")
    return part._replace(shell=code(_shell(node)), inner=inner)


def _shell(node: cst.ClassDef) -> cst.ClassDef:
    """A class without what it consists of."""
    return node.with_changes(body=node.body.with_changes(body=[], footer=()), leading_lines=())


def _kind(node: Statement) -> str:
    return type(node.body[0] if isinstance(node, cst.SimpleStatementLine) else node).__name__


def _head(text: str) -> str:
    return " ".join(text.partition("\n")[0].split())[:HEAD]


def code(node: cst.CSTNode) -> str:
    """A node as text, at no indentation."""
    return cst.Module([]).code_for_node(node).strip("\n")


def named(node: cst.CSTNode) -> str:
    """The name of what a statement defines or sets, or ""."""
    match node:
        case cst.FunctionDef(name=name) | cst.ClassDef(name=name):
            return name.value
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=target), *_]), *_]):
            return code(target)
        case cst.SimpleStatementLine(body=[cst.AnnAssign(target=target) | cst.AugAssign(target=target), *_]):
            return code(target)
    return ""


def definitions(source: str) -> list[Definition]:
    """The functions and classes that `source` consists of, indented as a whole or not, each with
    the comments right above it. Raises EditFailed if it has anything else."""
    indented = source.lstrip("\n").startswith((" ", "\t"))
    module = parse_module("if True:\n" + source, "the source", 1) if indented else parse_module(source, "the source")
    body = [*block_of(module.body[0]), *module.body[1:]] if indented else with_header(module).body
    for node in body:
        if not isinstance(node, Definition):
            raise EditFailed(f"the source may hold functions and classes only, not `{_head(code(node))}`")
    if not body:
        raise EditFailed("the source holds no function and no class")
    return [node for node in body if isinstance(node, Definition)]


def called(name: str, nodes: Sequence[Definition]) -> list[Definition]:
    """The nodes, if they are what `name` says; a method is put in its class. Raises EditFailed."""
    holder, _, last = name.rpartition(".")
    defined = [each for node in nodes for each in (_methods(node) or [node.name.value])]
    if [name] in ([node.name.value for node in nodes], defined):
        return list(nodes)
    if defined != [last]:
        raise EditFailed(f"{name} was named, but the source defines {' and '.join(defined) or 'nothing'}")
    return [cst.ClassDef(cst.Name(holder), cst.IndentedBlock(list(nodes)))]


def names(module: cst.Module) -> list[str]:
    """The qualified names of a file's functions, classes and methods."""
    nodes = [node for node in module.body if isinstance(node, Definition)]
    return [name for node in nodes for name in (node.name.value, *_methods(node))]


def addressed(module: cst.Module, nodes: Sequence[Definition]) -> list[str]:
    """What `put` would put in place of something, or beside it: of a class that holds some methods only, those."""
    return [name for node in nodes for name in (_methods(node) if _excerpt(module.body, node) else [node.name.value])]


def put(module: cst.Module, nodes: Sequence[Definition]) -> str:
    """The module's text with each of `nodes` in the place of its namesake. Raises EditFailed
    where a name stands for several."""
    module = with_header(module)
    return complete(module.with_changes(body=_put(module.body, nodes, TOP_LEVEL_GAP)).code)


def _put(body: Sequence[Statement], nodes: Sequence[Definition], gap: int) -> list[Statement]:
    """A node without a namesake comes before the next that has one, or after the last."""
    slots: list[list[Statement]] = [[node] for node in body]
    waiting: list[Statement] = []
    last = len(body) - 1
    for node, namesake in _paired(body, nodes):
        waiting.append(node)
        if namesake is not None:
            last = namesake
            waiting[-1] = _instead(body[last], node)
            slots[last], waiting = _spaced(waiting, gap, body[last]), []
    slots[last] += _spaced(waiting, gap)
    return [node for slot in slots for node in slot]


def _paired(body: Sequence[Statement], nodes: Sequence[Definition]) -> Iterator[tuple[Definition, int | None]]:
    places = defaultdict(list)
    for at, old in enumerate(body):
        if isinstance(old, Definition):
            places[old.name.value].append(at)
    for name, number in Counter(node.name.value for node in nodes).items():
        if len(places[name]) not in (0, number):
            raise EditFailed(f"{name} is defined {len(places[name])} times: give as many, or edit the lines")
    for node in nodes:
        yield node, places[node.name.value].pop(0) if places[node.name.value] else None


def _instead(old: Statement, node: Definition) -> Definition:
    """What comes in the place of `old`: `node`, or if that is an excerpt, `old` with the methods in it."""
    if isinstance(old, cst.ClassDef) and _excerpt([old], node):
        methods = [each for each in block_of(node) if isinstance(each, cst.FunctionDef)]
        return old.with_changes(body=old.body.with_changes(body=_put(block_of(old), methods, METHOD_GAP)))
    return node.with_changes(leading_lines=comments(node) or comments(old))


def _excerpt(body: Sequence[Statement], node: Definition) -> bool:
    """Whether `node` is a class of `body`, shown without all but some of its methods."""
    olds = [old for old in body if isinstance(old, cst.ClassDef) and old.name.value == node.name.value]
    if not olds or not isinstance(node, cst.ClassDef) or not block_of(node) or not block_of(olds[0]):
        return False
    if any(not isinstance(each, cst.FunctionDef) and code(each) != "..." for each in block_of(node)):
        return False
    return not (node.bases or node.keywords or node.decorators) or code(_shell(node)) == code(_shell(olds[0]))


def _methods(node: Definition) -> list[str]:
    """The qualified names of the methods of a class; none for a function."""
    inside = block_of(node) if isinstance(node, cst.ClassDef) else ()
    return [f"{node.name.value}.{each.name.value}" for each in inside if isinstance(each, cst.FunctionDef)]


def block_of(node: Statement) -> Sequence[Statement]:
    """The statements in a compound one, where they stand in lines of their own."""
    inside = node.body.body if isinstance(node.body, cst.IndentedBlock) else ()
    return [each for each in inside if isinstance(each, Statement)]


def with_header(module: cst.Module) -> cst.Module:
    """The same text, but what stands above the first statement belongs to it, as with all others."""
    if not module.body:
        return module
    first, *rest = module.body
    first = first.with_changes(leading_lines=[*module.header, *first.leading_lines])
    return module.with_changes(header=(), body=[first, *rest])


def _spaced(nodes: Sequence[Statement], gap: int, old: Statement | None = None) -> list[Statement]:
    """The nodes with `gap` blank lines above each; the first has what stood above `old` and its comments."""
    above = [[BLANK] * gap for _ in nodes]
    if old:
        above[0] = list(old.leading_lines[: len(old.leading_lines) - len(comments(old))])
    pairs = zip(above, nodes, strict=True)
    return [node.with_changes(leading_lines=[*lines, *comments(node)]) for lines, node in pairs]


def comments(node: Statement) -> list[cst.EmptyLine]:
    """The comment lines right above a statement."""
    return list(takewhile(lambda line: line.comment, reversed(node.leading_lines)))[::-1]
