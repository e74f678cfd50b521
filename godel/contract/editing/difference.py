"""What makes one version of a file of another, as edits: by statement, and by method where both have the class."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import takewhile
from textwrap import dedent
from typing import NamedTuple

from godel.contract import Edit
from godel.contract.fingerprints import fingerprints

from .errors import EditFailed
from .source import lines_of
from .tree import Part, parts

SHOWN = 200
"""Characters of what stood there and of what stands there now."""


class Difference(NamedTuple):
    """The edits, and what whoever made them should know."""

    edits: tuple[Edit, ...]
    notes: tuple[str, ...]


class Change(NamedTuple):
    """A part and what it became; "" before it came or after it went."""

    name: str
    before: str
    after: str
    defines: bool


def difference(path: str, old: str, new: str, given_up: Collection[str]) -> Difference:
    """Between two texts of the file `path`; `given_up` are fingerprints of what its ancestors had.
    Raises EditFailed when `new` can't be read, and `old` can."""
    before = _parts(path, old)
    changes = [] if before is None else list(_changes(before, parts(path, new)))
    if not changes:
        return Difference((Edit("replace", path, *contrast(old, new)),), ())
    edits = tuple(_edit(path, change, given_up) for change in changes)
    return Difference(edits, tuple(_notes(path, changes, edits)))


def _parts(path: str, text: str) -> tuple[Part, ...] | None:
    """None for a text that is no Python, or can't be read: that can only be replaced as a whole."""
    try:
        return parts(path, text) if path.endswith(".py") else None
    except EditFailed:
        return None


def _changes(old: Sequence[Part], new: Sequence[Part]) -> Iterator[Change]:
    for before, after in _pairs(old, new):
        if before and after and before.inner and after.inner:
            if before.shell != after.shell:
                yield Change(after.name, before.shell, after.shell, True)
            yield from _changes(before.inner, after.inner)
        elif one := before or after:
            yield Change(one.name, before.text if before else "", after.text if after else "", one.defines)


def _pairs(old: Sequence[Part], new: Sequence[Part]) -> Iterator[tuple[Part | None, Part | None]]:
    """The parts that differ: what has a successor by its name (or kind), what went, what came."""
    matcher = SequenceMatcher(None, [part.text for part in old], [part.text for part in new], autojunk=False)
    came: dict[str, deque[Part]] = defaultdict(deque)
    went: list[Part] = []
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag != "equal":
            went += old[start:end]
            for part in new[new_start:new_end]:
                came[part.key].append(part)
    for part in went:
        moved = came[part.key] and came[part.key][0].text == part.text
        yield part, came[part.key].popleft() if came[part.key] and not moved else None
    yield from ((None, part) for rest in came.values() for part in rest)


def _edit(path: str, change: Change, given_up: Collection[str]) -> Edit:
    operator = "replace" if change.before and change.after else "insert" if change.after else "delete"
    if change.after and next(iter(fingerprints(change.after)), "") in given_up:
        operator = "restore"
    return Edit(operator, f"{path}:{change.name}", *contrast(change.before, change.after))


def _notes(path: str, changes: Sequence[Change], edits: Sequence[Edit]) -> Iterator[str]:
    there = {change.name for change in changes if change.after}
    for change, edit in zip(changes, edits, strict=True):
        if edit.operator == "restore":
            yield f"this brings back `{change.name}` of {path} as an ancestor had it, before it was deleted or changed"
        elif edit.operator == "delete" and change.defines and change.name not in there:
            yield f"this deletes `{change.name}` from {path}"


def contrast(before: str, after: str) -> tuple[str, str]:
    """Two texts without the lines that they begin and end with alike, cut short."""
    old, new = lines_of(before), lines_of(after)
    start = _alike(zip(old, new, strict=False))
    end = _alike(zip(reversed(old[start:]), reversed(new[start:]), strict=False))
    return _short(old[start : len(old) - end]), _short(new[start : len(new) - end])


def _alike(pairs: Iterable[tuple[str, str]]) -> int:
    """How many pairs at the start are of equals."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _short(lines: list[str]) -> str:
    text = dedent("\n".join(lines)).strip()
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
