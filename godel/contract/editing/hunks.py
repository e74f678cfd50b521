"""Hunks of a diff, put where their lines stand in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from .diffs import Hunk
from .errors import EditFailed
from .matching import Match, match, nearest, replaced

NEAR = 3
"""How many lines a number may be wrong and still tell two places apart."""
AROUND = 3
"""Lines of context that are kept on each side of a change, where the whole hunk stands nowhere."""


def put(lines: Sequence[str], hunk: Hunk, moved: int) -> list[str]:
    """The file's lines after the hunk; those before it have moved its place by `moved` lines. Raises EditFailed."""
    hunk = hunk._replace(at=hunk.at + moved if hunk.at else 0)
    for pieces in ([hunk], *_looser(hunk)):
        if (after := _put_all(lines, pieces)) is not None:
            return after
    raise EditFailed(_nowhere(lines, hunk))


def _put_all(lines: Sequence[str], pieces: Sequence[Hunk]) -> list[str] | None:
    """The lines after all pieces; None if one of them stands nowhere."""
    after, moved = list(lines), 0
    for piece in pieces:
        search = piece.side("-")
        if not any(line.strip() for line in search):
            return None
        found = match(after, search)
        if not found.starts:
            return None
        start = _start(found.starts, piece.at + moved if piece.at else 0)
        size = len(after)
        after = replaced(after, search, piece.side("+"), Match((start,), found.form))
        moved += len(after) - size
    return after


def _start(starts: Sequence[int], at: int) -> int:
    if len(starts) == 1:
        return starts[0]
    near, other, *_ = sorted(starts, key=lambda start: abs(start + 1 - at))
    if at and abs(near + 1 - at) <= NEAR and abs(near + 1 - at) < abs(other + 1 - at):
        return near
    places = ", ".join(str(start + 1) for start in sorted(starts)[:8])
    raise EditFailed(f"the lines stand {len(starts)} times, at lines {places}: give more lines around them")


def _looser(hunk: Hunk) -> Iterator[list[Hunk]]:
    """The same hunk with fewer of the lines around its changes, then in pieces: one for each change."""
    for keep in range(AROUND, -1, -1):
        yield [_trimmed(hunk, keep)]
    yield list(_pieces(hunk))


def _trimmed(hunk: Hunk, keep: int) -> Hunk:
    changed = [at for at, (sign, _) in enumerate(hunk.lines) if sign != " "]
    start, end = max(0, changed[0] - keep), changed[-1] + 1 + keep
    return hunk._replace(lines=hunk.lines[start:end], at=hunk.at + start if hunk.at else 0)


def _pieces(hunk: Hunk) -> Iterator[Hunk]:
    before: tuple[tuple[str, str], ...] = ()
    for context, group in groupby(hunk.lines, key=lambda line: line[0] == " "):
        lines = tuple(group)
        if context:
            before = lines
        elif any(sign == "-" for sign, _ in lines):
            yield Hunk(lines, hunk.path)
        else:
            yield Hunk((*before[-1:], *lines), hunk.path)


def _nowhere(lines: Sequence[str], hunk: Hunk) -> str:
    near = nearest(lines, hunk.side("-"))
    if not near.score or near.compared == "":
        return "the lines that it takes away, or stands beside, are not there"
    return f"its lines stand nowhere. Nearest is line {near.start + 1} on (- the diff, + the file):\n{near.compared}"
