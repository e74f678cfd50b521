"""The fenced texts of a reply, read as models write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from .source import complete, find, lines_of

FENCE = re.compile(r"([ \t]*)(`{3,}|~{3,})([^`]*)")
PATH = r"\w[\w./\\-]*\.[A-Za-z]\w{1,4}"
LABEL = re.compile(rf"\W*(?:\d+[.)]\W*)?(?:(?:file|path|filename|file name)\W+)?({PATH})\W*(?:\([^()]*\)\W*)?", re.I)
"""A line that names a file and says nothing else, in whatever clothes."""
INFO = re.compile(r"[^\s=:,{}()\"']+")
IS_PATH = re.compile(PATH).fullmatch
MAX_LABEL = 200
TEXTS = {"text", "txt", "plain", "md", "markdown", "toml", "json", "yaml", "html", "jinja"}
"""Languages of fences in which quotes are no Python strings."""


class Fence(NamedTuple):
    """The text of a fence, the path that it is labelled with (or ""), the reply's lines (from 0) at which it
    opens and closes, the mark that opens it, what stands behind that, and the prose right above it."""

    text: str
    path: str
    start: int
    end: int
    closed: bool = True
    mark: str = ""
    info: str = ""
    above: str = ""

    def holds_another(self) -> bool:
        """Whether a fence like this one opens in it: then nobody can tell where this one closes."""
        openings = filter(None, map(FENCE.fullmatch, lines_of(self.text)))
        return any(each[2].startswith(self.mark) and each[3].strip() for each in openings)


def label(line: str) -> str:
    """The path that a line consists of, as in `**main.py**` or `### File: main.py`, or ""."""
    match = LABEL.fullmatch(line.strip()) if len(line) <= MAX_LABEL else None
    return match[1] if match else ""


def line_above(lines: Sequence[str], at: int) -> int:
    """The last line before `at` that is not blank, or -1."""
    return next((before for before in range(at - 1, -1, -1) if lines[before].strip()), -1)


def label_above(lines: Sequence[str], at: int) -> str:
    """The label of what starts in line `at`: it stands above that, or above the fence that opens there."""
    before = line_above(lines, at)
    opening = FENCE.fullmatch(lines[before]) if before >= 0 else None
    if opening:
        return _label(lines, before, opening)
    return label(lines[before]) if before >= 0 else ""


def fence_at(lines: Sequence[str], start: int, opening: re.Match[str], python: bool) -> Fence:
    """The fence that opens in line `start`. `python`: what says nothing else of itself is code, and what stands in
    its strings closes no fence."""
    path = _label(lines, start, opening)
    end = _end(lines, start, opening, _is_code(path, opening[3], python))
    info, text = opening[3].strip(), _inside(lines, start, end, opening[1])
    above = lines[line_above(lines, start)] if line_above(lines, start) >= 0 else ""
    return Fence(text, path, start, end, end < len(lines), opening[2], info, above)


def _is_code(path: str, info: str, otherwise: bool) -> bool:
    if path:
        return path.endswith(".py")
    return otherwise and info.strip().lower() not in TEXTS


def _end(lines: Sequence[str], start: int, opening: re.Match[str], code: bool) -> int:
    """Where the fence closes: at the first fence as long or longer that, in code, is in no string."""
    closing = re.compile(rf"[ \t]*{opening[2]}{opening[2][0]}*[ \t]*")
    if code:
        mark = find(lines, start + 1, closing)
        return mark[0] if mark else len(lines)
    return next((at for at in range(start + 1, len(lines)) if closing.fullmatch(lines[at])), len(lines))


def _inside(lines: Sequence[str], start: int, end: int, indentation: str) -> str:
    own = re.compile(f"[ \\t]{{0,{len(indentation)}}}")
    return complete("\n".join(own.sub("", line, count=1) for line in lines[start + 1 : end]))


def _label(lines: Sequence[str], at: int, opening: re.Match[str]) -> str:
    """The label of the fence that opens in line `at`: in its info string, or above it."""
    tokens = (word.removeprefix("./") for word in INFO.findall(opening[3]))
    before = line_above(lines, at)
    return next(filter(IS_PATH, tokens), "") or (label(lines[before]) if before >= 0 else "")
