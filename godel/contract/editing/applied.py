"""New texts for some of a program's files: looked at, compared, and recorded as edits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from godel.contract import Program

from .difference import difference
from .elisions import elisions
from .errors import EditFailed
from .paths import existing
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
        _refuse_gap(path, program.files[path], text)
        edits, told = difference(path, program.files[path], text, program.deleted)
        program = program.with_file(path, text, *edits)
        notes += told
    return Edited(program, tuple(notes))


def _refuse_gap(path: str, old: str, text: str) -> None:
    """Raises EditFailed for a comment that stands for code: it would stand there in place of that."""
    if path.endswith(".py") and (gap := next(elisions(text, old), None)):
        line, comment = gap
        raise EditFailed(f"{path} would read `{comment}` in line {line}, in place of code: write that out")
