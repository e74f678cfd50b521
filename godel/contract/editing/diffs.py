"""Unified diffs, as git and as models write them: with wrong numbers, with none, or with the lines alone.

Their numbers are not relied on: a hunk goes where its lines stand. That is why no library reads them here: those that
there are (unidiff, whatthepatch) take a hunk's extent from its numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .errors import EditFailed

GIT = re.compile(r"diff --git \S+ \S+")
OLD = re.compile(r"--- (\S[^\t]*).*")
NEW = re.compile(r"\+\+\+ (\S[^\t]*).*")
FILE = re.compile(r"\*\*\* (?:Update|Add|Delete) File: *(\S+)")
ENVELOPE = re.compile(r"\*\*\* (?:Begin Patch|End Patch|End of File)\s*|\\ No newline.*")
HEADER = re.compile(
    r"(?:index [0-9a-f]+\.\.|(?:new|old|deleted) (?:file )?mode |similarity index |rename (?:from|to) ).*"
)
HUNK = re.compile(r"@@(?: *-(\d+)(?:,\d+)? *\+\d+(?:,\d+)? *@@)?.*")
BETWEEN = re.compile(r" ?[ \t]*(?:\.{3,}|…)\s*")
NOWHERE = "/dev/null"


class Hunk(NamedTuple):
    """Lines with their signs (" ", "-" or "+"); the file, or "", and the line (from 1) at which the old ones are said
    to stand, or 0."""

    lines: tuple[tuple[str, str], ...]
    path: str = ""
    at: int = 0

    def side(self, sign: str) -> list[str]:
        """The lines before ("-") or after ("+")."""
        return [text for each, text in self.lines if each in (" ", sign)]


class Patch(NamedTuple):
    """The hunks of one diff, and the line of the reply (from 1) in which it starts."""

    hunks: tuple[Hunk, ...]
    line: int


def begins(lines: Sequence[str], at: int) -> bool:
    """Whether a diff starts in this line, fence or not."""
    if OLD.fullmatch(lines[at]):
        return at + 1 < len(lines) and NEW.fullmatch(lines[at + 1]) is not None
    numbered = HUNK.fullmatch(lines[at])
    return any(each.match(lines[at]) for each in (GIT, FILE)) or (numbered is not None and numbered[1] is not None)


def patch(lines: Sequence[str], start: int, end: int, path: str = "", fenced: bool = True) -> tuple[Patch, int]:
    """The diff from line `start` on, up to `end` or (if it is not fenced) to the first line that is none of it, and
    where it ends. `path` is the file that it is labelled with. Raises EditFailed if it changes nothing."""
    hunks: list[Hunk] = []
    body: list[tuple[str, str]] = []
    place, at = 0, start
    while at < end:
        line = lines[at]
        if _is_header(lines, at) or HUNK.fullmatch(line) or BETWEEN.fullmatch(line):
            hunks += _hunks(body, path, place)
            body, path, place = [], _path(line, path), _place(line)
        elif line[:1] in (" ", "+", "-") or not line.strip() or fenced:
            body.append((line[0], line[1:]) if line[:1] in (" ", "+", "-") else (" ", line))
        else:
            break
        at += 1
    hunks += _hunks(body, path, place)
    if not hunks:
        raise EditFailed(f"the diff in line {start + 1} of the reply changes nothing: it has no line with - or +")
    return Patch(tuple(hunks), start + 1), at


def _is_header(lines: Sequence[str], at: int) -> bool:
    """A line that is deleted may read like a file's name: it is one where the other name stands beside it."""
    if OLD.fullmatch(lines[at]):
        return begins(lines, at)
    if NEW.fullmatch(lines[at]):
        return at > 0 and OLD.fullmatch(lines[at - 1]) is not None
    return any(each.match(lines[at]) for each in (GIT, FILE, ENVELOPE, HEADER))


def _path(line: str, path: str) -> str:
    named = NEW.fullmatch(line) or OLD.fullmatch(line) or FILE.match(line)
    if not named:
        return "" if GIT.match(line) else path
    found = named[1].strip()
    return path if found == NOWHERE else re.sub(r"^[ab]/", "", found)


def _place(line: str) -> int:
    numbered = HUNK.fullmatch(line)
    return int(numbered[1]) if numbered and numbered[1] else 0


def _hunks(body: Sequence[tuple[str, str]], path: str, place: int) -> Iterator[Hunk]:
    """One, if it changes something; blank lines at its end belong to nobody."""
    body = list(body)
    while body and body[-1][0] == " " and not body[-1][1].strip():
        body.pop()
    if any(sign != " " for sign, _ in body):
        yield Hunk(tuple(body), path, place)
