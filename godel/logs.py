"""What a guest wrote before it ended, in a line: of a traceback what was raised, and where in the user's files.

The text is untrusted: it is only read, bounded, and made printable where it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

LINE = 200
"""Characters of a telling line."""

READ = 1 << 16
"""Characters at a log's end that are read."""

FRAME = re.compile(r'\s*File "(?P<path>[^"]{1,200})", line (?P<line>\d{1,9})(?:, in (?P<function>.{1,80}))?')
HEADER = re.compile(r"(?P<margin> {2,200}[+|] )?(Exception Group )?Traceback \(most recent call last\):")
MARGIN = re.compile(r" {2,200}\| ?")
"""Before each line of an exception group's traceback, which begins with one."""

PART = re.compile(r" {2,200}\+-[+-]*(?P<number> \d)?")
"""The rule above an exception of a group (with its number), or below the last."""

LOADED = re.compile(r"program/(task_[0-9a-f]{64}/)?")
"""What the guest's loader puts before a file's own path."""


class Raised(NamedTuple):
    """The line that says what was raised; the place, if it is in a user's file; whether in a group."""

    what: str
    place: str
    grouped: bool


def telling_line(log: str) -> str:
    """What a log has to say, in at most `LINE` characters: "KeyError: 'x' (driver.py:12 in run)" for its last
    traceback, else its last line; "" for an empty log."""
    lines = log[-READ:].split("\n")
    raised = list(_raised(lines))
    if not raised:
        return _cut(next((line for line in reversed(lines) if line.strip()), ""), LINE)
    last = raised.pop()
    group: list[Raised] = []
    while last.grouped and raised and raised[-1].grouped:
        group, last = [last, *group], raised.pop()
    return _told(last, group[0] if group else None)


def failure(reason: str, log: str) -> str:
    """How a guest ended, and what its log has to say: "crash: KeyError: 'x' (main.py:3 in improve)"."""
    return f"{reason}: {telling_line(log)}".removesuffix(": ")


def _told(raised: Raised, first: Raised | None) -> str:
    """`first`: of a group's exceptions, where `raised` is the group."""
    place = f" ({raised.place})" if raised.place else ""
    if first is None:
        return _cut(raised.what, LINE - len(place)) + place
    inner = _told(first, None)
    return _cut(f"{_cut(raised.what, LINE // 3)}{place}, first: {inner}", LINE)


def _raised(lines: list[str]) -> Iterator[Raised]:
    """Every exception of every traceback, in the order of the log. The first may have lost its beginning."""
    inside, begun, grouped, place = False, False, False, ""
    for full in lines:
        line = MARGIN.sub("", full, count=1) if grouped else full
        if header := HEADER.match(full):
            inside, begun, grouped, place = True, True, header["margin"] is not None, ""
        elif grouped and (part := PART.match(full)):
            inside, place = part["number"] is not None, ""
        elif (inside or not begun) and (frame := FRAME.match(line)):
            inside, begun, place = True, True, _place(frame) or place
        elif inside and line.strip() and not line[0].isspace():
            yield Raised(line, place, grouped)
            inside, place = False, ""


def _place(frame: re.Match[str]) -> str:
    """ "main.py:12 in improve"; "" for what isn't the user's: their files have no absolute path in a guest."""
    path = frame["path"]
    if path.startswith(("/", "<")):
        return ""
    function = frame["function"] or "<module>"
    return f"{LOADED.sub('', path, count=1)}:{frame['line']}{'' if function == '<module>' else f' in {function}'}"


def _cut(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
