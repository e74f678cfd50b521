"""Three-way merges of syntax trees: what one version changed of a base, carried over to another version of it.

With a child as the base and its parent as `theirs`, an edit is taken back in a descendant; with a parent as the base
and its child as `theirs`, it is put into another scaffold. Nodes are compared by kind and field, lists of them (a
body's statements, a call's arguments) by what is the same in both and then by name. Where both sides changed the same
node the merge fails: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from difflib import SequenceMatcher
from typing import Any

import libcst as cst

from godel.contract import Program

from .errors import EditFailed
from .parsing import parse_module, readable

Nodes = Sequence[cst.CSTNode]
SHOWN = 60
"""Characters of what both sides changed."""


class Inseparable(EditFailed):
    """Both sides changed the same thing, and it is not known which of the two is meant."""


def merged(base: Program, ours: Program, theirs: Program) -> Program:
    """`ours` with all that `theirs` changed of `base`. Raises Inseparable, in words, and EditFailed for a file that
    can't be read as Python."""
    files = {}
    for path in dict.fromkeys([*ours.files, *theirs.files]):
        text = _file(path, *(each.files.get(path) for each in (base, ours, theirs)))
        if text is not None:
            files[path] = text
    return Program(files, ours.entry)


def _file(path: str, base: str | None, ours: str | None, theirs: str | None) -> str | None:
    if theirs == base or ours == theirs:
        return ours
    if ours == base:
        return theirs
    if base is None or ours is None or theirs is None or not path.endswith(".py"):
        raise Inseparable(f"{path} was changed as a whole on both sides")
    with readable(path):
        trees = [parse_module(text) for text in (base, ours, theirs)]
        module = _node(*trees)
        assert isinstance(module, cst.Module), "of three modules"
        return module.code


def _node(base: cst.CSTNode, ours: cst.CSTNode, theirs: cst.CSTNode) -> cst.CSTNode:
    if _same(base, theirs) or _same(ours, theirs):
        return ours
    if _same(base, ours):
        return theirs
    if not type(base) is type(ours) is type(theirs):
        raise _conflict(base, ours)
    return ours.with_changes(**{each.name: _value(base, ours, theirs, each.name) for each in fields(ours)})


def _value(base: cst.CSTNode, ours: cst.CSTNode, theirs: cst.CSTNode, name: str) -> Any:
    before, own, other = (getattr(node, name) for node in (base, ours, theirs))
    if _same(before, other) or _same(own, other):
        return own
    if _same(before, own):
        return other
    if all(isinstance(each, cst.CSTNode) for each in (before, own, other)):
        return _node(before, own, other)
    if all(isinstance(each, list | tuple) for each in (before, own, other)):
        return _sequence(before, own, other)
    raise _conflict(base, ours)


def _sequence(base: Nodes, ours: Nodes, theirs: Nodes) -> list[cst.CSTNode]:
    own, other = _paired(base, ours), _paired(base, theirs)
    result: list[cst.CSTNode] = []
    for at in range(len(base) + 1):
        result += _inserted(_before(ours, own, at, len(base)), _before(theirs, other, at, len(base)))
        if at < len(base):
            result += _item(base[at], _at(ours, own, at), _at(theirs, other, at))
    return result


def _item(base: cst.CSTNode, ours: cst.CSTNode | None, theirs: cst.CSTNode | None) -> list[cst.CSTNode]:
    """What comes of an item of a list; None where a side has it no longer."""
    if ours is not None and theirs is not None:
        return [_node(base, ours, theirs)]
    left = ours if ours is not None else theirs
    if left is not None and not _same(base, left):
        raise _conflict(base, left)
    return []


def _inserted(ours: Nodes, theirs: Nodes) -> Nodes:
    """What comes into one gap: from one side only, or the same from both."""
    if ours and theirs and [*map(_code, ours)] != [*map(_code, theirs)]:
        raise _conflict(ours[0], theirs[0])
    return ours or theirs


def _paired(base: Nodes, other: Nodes) -> dict[int, int]:
    """By place in `base`, the place in `other` of the same item, or of what it became; in order."""
    pairs: dict[int, int] = {}
    matcher = SequenceMatcher(None, [*map(_code, base)], [*map(_code, other)], autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            pairs |= zip(range(start, end), range(new_start, new_end), strict=True)
        elif tag == "replace":
            pairs |= _renewed(base[start:end], other[new_start:new_end], start, new_start)
    return pairs


def _renewed(base: Nodes, other: Nodes, start: int, new_start: int) -> dict[int, int]:
    """Of items that are not the same, those of one kind and name."""
    matcher = SequenceMatcher(None, [*map(_key, base)], [*map(_key, other)], autojunk=False)
    return {
        start + block.a + step: new_start + block.b + step
        for block in matcher.get_matching_blocks()
        for step in range(block.size)
    }


def _at(nodes: Nodes, pairs: Mapping[int, int], at: int) -> cst.CSTNode | None:
    return nodes[pairs[at]] if at in pairs else None


def _before(nodes: Nodes, pairs: Mapping[int, int], at: int, end: int) -> Nodes:
    """What stands right before the item that is paired with base item `at`, and is paired with none."""
    if at < end and at not in pairs:
        return ()
    last = pairs.get(at, len(nodes))
    earlier = [pairs[each] for each in pairs if each < at]
    return nodes[max(earlier, default=-1) + 1 : last]


def _key(node: cst.CSTNode) -> str:
    """What tells an item from its neighbours when its text changes: its kind, and the name that it defines."""
    match node:
        case cst.FunctionDef(name=cst.Name(value=name)) | cst.ClassDef(name=cst.Name(value=name)):
            return f"{type(node).__name__} {name}"
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=target), *_]), *_]):
            return f"assignment to {_code(target)}"
        case cst.SimpleStatementLine(body=[small, *_]):
            return type(small).__name__
        case cst.Arg(keyword=cst.Name(value=name)):
            return f"argument {name}"
    return type(node).__name__


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, cst.CSTNode):
        return isinstance(other, cst.CSTNode) and one.deep_equals(other)
    if isinstance(one, list | tuple):
        return isinstance(other, list | tuple) and len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node).strip()


def _conflict(base: cst.CSTNode, ours: cst.CSTNode) -> Inseparable:
    one, other = (" ".join(_code(each).split())[:SHOWN] for each in (base, ours))
    return Inseparable(f"both sides changed `{one}`" + (f", one to `{other}`" if one != other else ""))
