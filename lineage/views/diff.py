"""Unified diffs of trees."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from godel.contract import Program

CONTEXT = 3
MOST_LINES = 2_000
"""Of either side that are compared line by line: the time for that is their product. Beyond it all are replaced."""


def unified(before: Program, after: Program) -> str:
    """What `diff -u` says of the two trees' files; "" when all are equal."""
    paths = sorted({*before.files, *after.files})
    return "".join(_file(path, before.files.get(path), after.files.get(path)) for path in paths)


def _file(path: str, before: str | None, after: str | None) -> str:
    if before == after:
        return ""
    old, new = _lines(before or ""), _lines(after or "")
    head = [
        f"--- {'/dev/null' if before is None else 'a/' + path}\n",
        f"+++ {'/dev/null' if after is None else 'b/' + path}\n",
    ]
    return "".join([*head, *_hunks(old, new)])


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """difflib's, on the middle alone: its time is quadratic, and an edit leaves most lines."""
    start, end = _common(old, new)
    start, end = max(0, start - CONTEXT), max(0, end - CONTEXT)
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    if max(len(before), len(after)) > MOST_LINES:
        yield from _replaced(before, after, start)
        return
    for line in list(difflib.unified_diff(before, after, n=CONTEXT))[2:]:
        yield _shifted(line, start) if line.startswith("@@") else _marked(line)


def _replaced(before: Sequence[str], after: Sequence[str], start: int) -> Iterator[str]:
    old, new = (f"{start + bool(lines)},{len(lines)}" for lines in (before, after))
    yield f"@@ -{old} +{new} @@\n"
    for sign, lines in (("-", before), ("+", after)):
        yield from (_marked(sign + line) for line in lines)


def _common(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many lines are the same at the start and, of the rest, at the end."""
    most = min(len(old), len(new))
    start = next((i for i in range(most) if old[i] != new[i]), most)
    end = next((i for i in range(most - start) if old[-1 - i] != new[-1 - i]), most - start)
    return start, end


def _shifted(header: str, lines: int) -> str:
    def move(match: re.Match[str]) -> str:
        return f"{match[1]}{int(match[2]) + lines}"

    return re.sub(r"([-+])(\d+)", move, header)


def _marked(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """Split at newlines alone: str.splitlines also splits at form feeds and the like."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
