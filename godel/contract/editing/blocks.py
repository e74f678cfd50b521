"""SEARCH/REPLACE blocks: read from a reply, and applied to a program."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from godel.contract import Program

from .applied import Edited, applied
from .errors import EditFailed
from .fences import label, label_above
from .matching import match, nearest, replaced
from .paths import choose, existing
from .source import lines_of

MARK = re.compile(r"[ \t]*[<>]{5,}.*")
OPENING = re.compile(r"([ \t]*)(<{5,})[ \t]*SEARCH\b(.*)", re.I)
DIVIDER = re.compile(r"([ \t]*)(={5,})[ \t]*")
CLOSING = re.compile(r"([ \t]*)(>{5,})[ \t]*REPLACE\b.*", re.I)
LONGER = "if the text itself holds such lines, write the block's own with more of <, = and >"
PLACES = 8
"""How many of the places where an ambiguous block matches are named."""


class Block(NamedTuple):
    """The lines to look for, and those that replace them; `path` is the file, if one was named."""

    search: str
    replace: str
    path: str = ""


def block_at(lines: Sequence[str], at: int, inherited: str) -> tuple[Block, int]:
    """The block that opens in line `at`, and the line in which it closes; its file is `inherited` where none is
    named. Raises EditFailed for a block that is damaged or cut off."""
    opening = OPENING.fullmatch(lines[at])
    if not opening:
        raise EditFailed(f"line {at + 1} of the reply belongs to no block: {lines[at]}")
    path = label(opening[3]) or label_above(lines, at) or inherited
    divider, end = _marks(lines, at, opening)
    return Block(_text(lines[at + 1 : divider]), _text(lines[divider + 1 : end]), path), end


def _marks(lines: Sequence[str], start: int, opening: re.Match[str]) -> tuple[int, int]:
    """The lines at which a block is divided and closed."""
    following = (at for at in range(start + 1, len(lines)) if _like(OPENING.fullmatch(lines[at]), opening))
    closings = _like_first(CLOSING, lines, range(start + 1, next(following, len(lines))), opening)
    if not closings:
        raise EditFailed(
            f"the block in line {start + 1} of the reply has no >>>>>>> REPLACE: it is cut off, or {LONGER}"
        )
    dividers = _like_first(DIVIDER, lines, range(start + 1, closings[0]), opening)
    if len(dividers) != 1:
        raise EditFailed(
            f"the block in line {start + 1} of the reply has {len(dividers)} lines =======, not 1; {LONGER}"
        )
    return dividers[0], closings[0]


def _like_first(mark: re.Pattern[str], lines: Sequence[str], where: range, opening: re.Match[str]) -> list[int]:
    """The lines that are such a mark: those as long and as indented as the opening one, if there are any."""
    matches = {at: each for at in where if (each := mark.fullmatch(lines[at]))}
    return [at for at, each in matches.items() if _like(each, opening)] or list(matches)


def _like(mark: re.Match[str] | None, opening: re.Match[str]) -> bool:
    return mark is not None and mark[1] == opening[1] and len(mark[2]) == len(opening[2])


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def search_replace(program: Program, blocks: Sequence[Block]) -> Edited:
    """The program after all blocks, one after the other. Raises EditFailed if one of them can't be applied."""
    texts: dict[str, str] = {}
    for number, block in enumerate(blocks, 1):
        try:
            path, text = replaced_by(Program({**program.files, **texts}, program.entry), block)
        except EditFailed as failed:
            raise EditFailed(f"block {number} of {len(blocks)} can't be applied: {failed}") from None
        texts[path] = text
    return applied(program, texts)


def replaced_by(program: Program, block: Block) -> tuple[str, str]:
    """The file that a block is for, and its text afterwards."""
    search = lines_of(block.search)
    if not any(line.strip() for line in search):
        raise EditFailed("SEARCH has no text: quote the lines that go, or that the new ones belong beside")
    paths = [existing(program, block.path)] if block.path else list(program.files)
    matches = {path: match(lines_of(program.files[path]), search) for path in paths}
    strictest = min(each.form for each in matches.values())
    holders = [path for path, each in matches.items() if each.starts and each.form == strictest]
    if not holders:
        raise EditFailed(_nowhere(program, search, paths))
    path = choose(program, holders, "SEARCH stands")
    if len(matches[path].starts) > 1:
        raise EditFailed(_ambiguous(path, matches[path].starts))
    lines = replaced(lines_of(program.files[path]), search, lines_of(block.replace), matches[path])
    return path, _text(lines)


def _ambiguous(path: str, starts: Sequence[int]) -> str:
    places = ", ".join(str(at + 1) for at in starts[:PLACES]) + ", …" * (len(starts) > PLACES)
    return f"SEARCH stands {len(starts)} times in {path}, at lines {places}: add lines around it"


def _nowhere(program: Program, search: Sequence[str], paths: Sequence[str]) -> str:
    near = {path: nearest(lines_of(program.files[path]), search) for path in paths}
    path = max(paths, key=lambda path: near[path].score)
    if not near[path].score:
        return f"SEARCH stands nowhere in {' or '.join(paths)}, and nothing there is like it"
    start = near[path].start + 1
    return f"SEARCH stands nowhere in {path}. Nearest is line {start} on (- SEARCH, + {path}):\n{near[path].compared}"
