"""A reply, read from its first line to its last: the edits that it asks for, in their order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from godel.contract import ToolCall

from . import diffs, tags
from .blocks import MARK, OPENING, Block, block_at
from .calls import call_in, tagged_call
from .diffs import Patch, patch
from .errors import EXPECTED, EditFailed
from .fences import FENCE, Fence, fence_at, label, line_above
from .source import complete, find, in_strings, is_python, lines_of, syntax_error

Part = Block | Fence | Patch | ToolCall
MOST = 200
"""Edits of one reply that are read."""
LONGEST = 1000
"""Characters of a line that may be a mark."""
DIFF = ("diff", "patch", "udiff")


def parts_in(reply: str, tools: Sequence[str], python: bool = True) -> list[Part]:
    """The edits of a reply. What looks like one in the strings of a program that the reply shows is none. `python`:
    a fence that says nothing else of itself holds code. Raises EditFailed for a part that is damaged or cut off, and
    where there is none."""
    if call := call_in(reply, tools):
        return [call]
    if python and is_python(reply):
        return [Fence(complete(reply), "", 0, 0)]
    parts = list(islice(Reading(lines_of(reply), tools, python), MOST + 1))
    if len(parts) > MOST:
        raise EditFailed(f"the reply has more than {MOST} edits: give whole files instead")
    if parts:
        return parts
    if not python:
        raise EditFailed(f"no text found: {EXPECTED}")
    raise EditFailed(f"no code found: {EXPECTED}. As a whole the reply is not Python: {syntax_error(reply)}")


class Reading:
    """Of some lines of a reply, the first of which is its line `first` (from 0)."""

    def __init__(self, lines: Sequence[str], tools: Sequence[str], python: bool, path: str = "", first: int = 0):
        self.lines, self.tools, self.python, self.path, self.first = lines, tools, python, path, first
        self.at = 0
        self.open: list[tuple[str, str]] = []
        """The marks of fences around what is being read, and their files."""
        self.block = (-1, "")
        """The line in which the last block closed, and its file."""

    def __iter__(self) -> Iterator[Part]:
        while self.at < len(self.lines):
            at = self._next()
            if at < len(self.lines):
                yield from self._part(at)

    def _next(self) -> int:
        """The line of the next mark; that of the end, if there is none."""
        quoted = in_strings((self.lines[at] for at in range(self.at, len(self.lines))), prose=True)
        marks = (at for at, inside in enumerate(quoted, self.at) if not inside and self._is_mark(at))
        self.at = next(marks, len(self.lines))
        return self.at

    def _is_mark(self, at: int) -> bool:
        line = self.lines[at]
        if len(line) > LONGEST:
            return False
        return bool(MARK.fullmatch(line) or FENCE.fullmatch(line) or tags.opens(line) or diffs.begins(self.lines, at))

    def _part(self, at: int) -> Iterator[Part]:
        line = self.lines[at]
        if MARK.fullmatch(line):
            yield self._block(at)
        elif diffs.begins(self.lines, at):
            found, self.at = patch(self.lines, at, len(self.lines), self.path, fenced=False)
            yield found._replace(line=found.line + self.first)
        elif opening := tags.opens(line):
            yield from self._tag(at, opening)
        elif fence := FENCE.fullmatch(line):
            yield from self._fence(at, fence)

    def _block(self, at: int) -> Block:
        end, path = self.block
        inherited = path if line_above(self.lines, at) == end else self.open[-1][1] if self.open else self.path
        block, end = block_at(self.lines, at, inherited)
        self.block, self.at = (end, block.path), end + 1
        return block

    def _tag(self, at: int, opening: re.Match[str]) -> Iterator[Part]:
        tag = tags.tag_at(self.lines, at, opening)
        inside, self.at = self.lines[at + 1 : tag.end], tag.end + 1
        if tag.is_call:
            yield tagged_call("\n".join(inside), at + 1 + self.first)
        elif self._has_marks(inside):
            yield from Reading(inside, self.tools, self.python, tag.path or self.path, self.first + at + 1)
        else:
            text = complete("\n".join(inside).strip("\n"))
            yield Fence(text, tag.path or self.path, at + self.first, tag.end + self.first, above=self._above(at))

    def _has_marks(self, lines: Sequence[str]) -> bool:
        first = next((at for at, line in enumerate(lines) if line.strip()), None)
        return first is not None and Reading(lines, self.tools, self.python)._is_mark(first)

    def _above(self, at: int) -> str:
        above = line_above(self.lines, at)
        return self.lines[above] if above >= 0 else ""

    def _fence(self, at: int, opening: re.Match[str]) -> Iterator[Part]:
        if self._closes(opening):
            self.open.pop()
            self.at = at + 1
            return
        fence = fence_at(self.lines, at, opening, self.python)
        path = fence.path or self.path
        if self._holds_blocks(fence, path):
            self.open.append((opening[2], path))
            self.at = at + 1
            return
        self.at = fence.end + 1
        yield from self._fenced(fence._replace(path=path))

    def _closes(self, opening: re.Match[str]) -> bool:
        return bool(self.open) and not opening[3].strip() and opening[2].startswith(self.open[-1][0])

    def _holds_blocks(self, fence: Fence, path: str) -> bool:
        """Of a text that is not code only what begins with a block does: it may quote some."""
        inside = self.lines[fence.start + 1 :]
        begin = [line for line in inside[:8] if line.strip()][:2]
        if begin and (OPENING.fullmatch(begin[0]) or (label(begin[0]) and any(map(OPENING.fullmatch, begin[1:])))):
            return True
        mark = find(lines_of(fence.text), 0, OPENING) if path.endswith(".py") or not path else None
        return mark is not None and not is_python(fence.text)

    def _fenced(self, fence: Fence) -> Iterator[Part]:
        inside = self.lines[fence.start + 1 : fence.end]
        word = fence.info.split(maxsplit=1)[0].lower() if fence.info else ""
        if call := call_in(fence.text, self.tools):
            yield call
        elif word in DIFF or self._is_diff(inside, fence):
            if not fence.closed:
                raise EditFailed(f"the reply is cut off: the diff in its line {fence.start + 1} is never closed")
            found, _ = patch(lines_of(fence.text), 0, len(lines_of(fence.text)), fence.path)
            yield found._replace(line=self.first + fence.start + 1)
        elif self._is_wrapper(fence, word):
            yield from Reading(lines_of(fence.text), self.tools, self.python, "", self.first + fence.start + 1)
        else:
            yield fence._replace(start=fence.start + self.first, end=fence.end + self.first)

    def _is_diff(self, inside: Sequence[str], fence: Fence) -> bool:
        first = next((at for at, line in enumerate(inside) if line.strip()), None)
        return (
            first is not None
            and (diffs.begins(inside, first) or inside[first].startswith("@@ "))
            and not (fence.path and not fence.path.endswith(".py") and is_python(fence.text))
        )

    def _is_wrapper(self, fence: Fence, word: str) -> bool:
        """A fence around a whole reply, which has fences of its own."""
        if fence.path or word.startswith("py") or is_python(fence.text):
            return False
        lines = lines_of(fence.text)
        return any(Reading(lines, self.tools, self.python)._is_mark(at) for at in range(len(lines)))
