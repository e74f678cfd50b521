"""Where a block's lines stand in a file: exactly, or but for trailing blanks, or but for a common indentation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher, get_close_matches, unified_diff
from itertools import takewhile
from typing import NamedTuple

from .errors import EditFailed

Form = Callable[[Sequence[str]], list[str]]

ALIKE = 0.6
"""How near a line must be to count as alike, by difflib's ratio."""
TELLING, QUOTED = 5, 40
"""How many of the longest lines are looked for, when a block is nowhere; how many lines of feedback."""


class Match(NamedTuple):
    """The lines (from 0) at which a block matches, and the strictest of FORMS in which it does."""

    starts: tuple[int, ...]
    form: int


class Near(NamedTuple):
    """The line (from 0) at which most of a block stands, and how the lines there differ from it."""

    score: float
    start: int
    compared: str


def margin(lines: Sequence[str]) -> str:
    """The indentation that all lines but the blank ones share."""
    indentations = [line[: len(line) - len(line.lstrip(" \t"))] for line in lines if line.strip()]
    columns = takewhile(lambda column: len(set(column)) == 1, zip(*indentations, strict=False))
    return "".join(column[0] for column in columns)


def as_written(lines: Sequence[str]) -> list[str]:
    return list(lines)


def without_trailing(lines: Sequence[str]) -> list[str]:
    return [line.rstrip() for line in lines]


def without_margin(lines: Sequence[str]) -> list[str]:
    shared = len(margin(lines))
    return [line[shared:].rstrip() if line.strip() else "" for line in lines]


FORMS: tuple[Form, ...] = (as_written, without_trailing, without_margin)


def match(lines: Sequence[str], search: Sequence[str]) -> Match:
    """Where `search` stands, in the strictest form in which it stands anywhere."""
    first = search[0].strip()
    starts = [at for at in range(len(lines) - len(search) + 1) if lines[at].strip() == first]
    for number, form in enumerate(FORMS):
        want = form(search)
        if places := tuple(at for at in starts if form(lines[at : at + len(search)]) == want):
            return Match(places, number)
    return Match((), len(FORMS))


def replaced(lines: Sequence[str], search: Sequence[str], replace: Sequence[str], matched: Match) -> list[str]:
    """The file's lines after the block has been applied at the first place where it matches."""
    start, end = matched.starts[0], matched.starts[0] + len(search)
    if FORMS[matched.form] is without_margin:
        replace = _moved(replace, margin(search), margin(lines[start:end]))
    return [*lines[:start], *replace, *lines[end:]]


def _moved(lines: Sequence[str], old: str, new: str) -> list[str]:
    """The lines, indented by as much more or less as `new` is than `old`."""
    if new.startswith(old):
        less, more = "", new[len(old) :]
    elif old.startswith(new):
        less, more = old[len(new) :], ""
    else:
        less, more = old, new
    if not all(line.startswith(less) for line in lines if line.strip()):
        raise EditFailed("REPLACE can't be indented as the file is: copy the file's own indentation into the block")
    return [more + line[len(less) :] if line.strip() else line for line in lines]


def nearest(lines: Sequence[str], search: Sequence[str]) -> Near:
    """Where most of what is like `search` stands; a score of 0 if nothing is. Each of its longest
    lines votes, for the places of the lines that are most like it."""
    votes: dict[int, float] = defaultdict(float)
    places: dict[str, list[int]] = defaultdict(list)
    for at, line in enumerate(lines):
        places[line.strip()].append(at)
    telling = sorted(
        ((line.strip(), at) for at, line in enumerate(search) if line.strip()), key=lambda one: -len(one[0])
    )
    for text, at in telling[:TELLING]:
        for like in get_close_matches(text, places, 3, ALIKE):
            for place in places[like]:
                votes[max(0, place - at)] += len(like) * SequenceMatcher(None, text, like).ratio()
    start = min(votes, key=lambda place: (-votes[place], place), default=0)
    return Near(votes[start], start, _compared(search, lines[start : start + len(search)]))


def _compared(search: Sequence[str], excerpt: Sequence[str]) -> str:
    shown = list(unified_diff(search, excerpt, n=len(search), lineterm=""))[3:]
    return "\n".join([*shown[:QUOTED], *(["…"] if len(shown) > QUOTED else [])])
