"""What a file of a scaffold may be called: names that every file system, terminal and importer reads alike."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from godel.contract.characters import printable
from godel.contract.limits import PATH_CHARACTERS, PATH_DEPTH

PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def refused(path: str) -> str:
    """Why no file may be called `path`, or "". A name in words is printable, and cut."""
    name, pure = shown(path), PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts:
        return f"'{name}' lies outside the scaffold"
    parts = path.split("/")
    if len(path) > PATH_CHARACTERS or len(parts) > PATH_DEPTH:
        return f"'{name}' is longer than {PATH_CHARACTERS} characters or {PATH_DEPTH} parts"
    if not all(PART.fullmatch(part) for part in parts):
        return f"'{name}' is no name of a file here: expected letters, digits, '_', '.' and '-', as in lib/tree.py"
    return ""


def shown(path: str) -> str:
    return printable(path[:PATH_CHARACTERS]).replace("\n", "\\n").replace("\t", "\\t")
