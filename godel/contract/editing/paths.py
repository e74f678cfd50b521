"""A program's files by the names that a person gives them: `./main.py`, `scaffolds/stop/main.py`."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from godel.contract import Program

from .errors import EditFailed

PREFIX = re.compile(r"^(?:\./|/)+")
LONGEST = 300
"""Characters of a line in which names are looked for."""
WORD = re.compile(r"[\w./\\-]*\w\.[A-Za-z]\w{0,5}")


def existing(program: Program, named: str) -> str:
    """The program's file that is meant by `named`. Raises EditFailed unless it is one, and one only."""
    if found := resolved(program.files, named):
        return found
    raise EditFailed(f"there is no file {named!r}: the files are {', '.join(program.files)}")


def resolved(files: Collection[str], named: str) -> str:
    """The one of `files` that `named` ends with, the longest of several, or the only one that ends with it; else ""."""
    path = PREFIX.sub("", named.replace("\\", "/"), count=1)
    if path in files:
        return path
    longest = max((each for each in files if path.endswith(f"/{each}")), key=len, default="")
    if longest and not _in_own_folder(files, path.removesuffix(f"/{longest}")):
        return longest
    inner = [each for each in files if path and each.endswith(f"/{path}")]
    return inner[0] if len(inner) == 1 and not longest else ""


def _in_own_folder(files: Collection[str], folder: str) -> bool:
    """Whether the program has a folder so called: then a file in it that is not there would be a new one."""
    return any(each.startswith(f"{folder}/") for each in files)


def mentioned(line: str, files: Collection[str]) -> str:
    """The one of `files` that a sentence speaks of, or "" if it is none or several."""
    found = {path for word in WORD.findall(line[:LONGEST]) if (path := resolved(files, word))}
    return found.pop() if len(found) == 1 else ""


def choose(program: Program, holders: Sequence[str], what: str) -> str:
    """The file that is meant where none is named: the only one of `holders`, else the entry.
    Raises EditFailed if there are several, and the entry is none of them."""
    if len(holders) == 1:
        return holders[0]
    if not holders or program.entry in holders:
        return program.entry
    raise EditFailed(f"{what} in {' and '.join(holders)}: say in which file you mean it")
