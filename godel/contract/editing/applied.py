"""New texts for some of a program's files: looked at, compared, and recorded as edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from godel.contract import Program

from .difference import difference
from .errors import EditFailed
from .source import check, complete


class Edited(NamedTuple):
    """The program after a reply, with its edits, and what the model should be told of them."""

    program: Program
    notes: tuple[str, ...]


def applied(program: Program, texts: Mapping[str, str]) -> Edited:
    """The program in which the files (path to text) read so. Raises EditFailed, unless that is a change."""
    completed = {existing(program, path): complete(text) for path, text in texts.items()}
    changed = {path: text for path, text in completed.items() if text != complete(program.files[path])}
    if not changed:
        raise EditFailed(f"nothing changes: {' and '.join(texts)} would read as before")
    notes: list[str] = []
    for path, text in changed.items():
        check(path, text)
        edits, told = difference(path, program.files[path], text, program.deleted)
        program = program.with_file(path, text, *edits)
        notes += told
    return Edited(program, tuple(notes))


def existing(program: Program, path: str) -> str:
    """`path`, if the program has such a file. Raises EditFailed."""
    if path not in program.files:
        raise EditFailed(f"there is no file {path!r}: the files are {', '.join(program.files)}")
    return path


def choose(program: Program, holders: Sequence[str], what: str) -> str:
    """The file that is meant where none is named: the only one of `holders`, else the entry.
    Raises EditFailed if there are several, and the entry is none of them."""
    if len(holders) == 1:
        return holders[0]
    if not holders or program.entry in holders:
        return program.entry
    raise EditFailed(f"{what} in {' and '.join(holders)}: say in which file you mean it")
