"""Tags around a text, as models write them: `<file path="main.py">`, `<code>`, `<tool_call>`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from .errors import EditFailed
from .fences import INFO, IS_PATH

FILES = "file|code|program|source|python|document|artifact|antartifact|write_file|create_file|edit|content"
CALLS = ("tool_call", "function_call", "tool_use")
TAG = re.compile(rf"[ \t]*<({FILES}|{'|'.join(CALLS)})\b([^<>]*)>(.*)", re.I)


class Tagged(NamedTuple):
    """The lines (from 0) of a tag and of its end; what it is called, and the file that it names, or ""."""

    start: int
    end: int
    name: str
    path: str

    @property
    def is_call(self) -> bool:
        return self.name in CALLS


def tag_at(lines: Sequence[str], start: int, opening: re.Match[str]) -> Tagged:
    """The tag that opens in line `start`. Raises EditFailed if it is never closed."""
    name = opening[1].lower()
    closing = re.compile(rf"[ \t]*</{name}>[ \t]*", re.I)
    end = next((at for at in range(start + 1, len(lines)) if closing.fullmatch(lines[at])), None)
    if end is None:
        raise EditFailed(f"the reply is cut off: <{name}> in its line {start + 1} is never closed")
    return Tagged(start, end, name, next(filter(IS_PATH, INFO.findall(opening[2])), ""))


def opens(line: str) -> re.Match[str] | None:
    """A tag that has its line to itself, or None."""
    match = TAG.fullmatch(line)
    return match if match and not match[3].strip() else None
