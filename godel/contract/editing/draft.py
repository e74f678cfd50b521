"""A program while the edits of one reply are carried out, one after the other: all of them, or none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from godel.contract import Program, ToolCall

from .applied import Edited, applied
from .blocks import Block, replaced_by
from .diffs import Hunk, Patch
from .ends import refuse_emptied, refuse_invented, refuse_lost, refuse_unused
from .errors import EXPECTED, EditFailed
from .excerpts import module_text
from .fences import Fence
from .files import CODE, LONGER, Sought, allowed, begins_alike, defined, file_of, is_module, is_quoted, labelled
from .given import Given
from .hunks import put
from .paths import choose, existing
from .reading import Part
from .source import complete, is_python, lines_of, parsed, syntax_error
from .texts import whole_text
from .tools import by_tool
from .uses import uses

RUNS = re.compile(r"^\s*(?:print\(|assert\b|>>>|from \w+ import|import )", re.M)
"""What an example has, and a part of a program seldom."""


class Draft:
    """`path`: the only file that may change, or None."""

    def __init__(self, program: Program, parts: Sequence[Part], path: str | None) -> None:
        self.before, self.path = program, path
        self.now = replace(program, files={name: complete(text) for name, text in program.files.items()})
        self.fences = [part for part in parts if isinstance(part, Fence)]
        self.blocks = [part for part in parts if isinstance(part, Block)]
        self.siblings = labelled(self.fences, program.files)
        self.touched: dict[str, None] = {}
        self.given = Given()
        self.new: set[tuple[str, str]] = set()
        """The functions and classes, with their files, that excerpts brought."""
        self.unplaced: list[Fence] = []
        self.text_above = ""
        """The file of the fence before, if that is no Python: it may have closed too early."""
        self.notes: list[str] = []

    def take(self, part: Part) -> None:
        """Raises EditFailed for a part that can't be carried out."""
        match part:
            case Block():
                self._block(part)
            case Patch():
                self._patch(part)
            case ToolCall():
                self._set_all(by_tool(self.now, part).program.files)
            case Fence():
                self._fence(part)

    def finished(self) -> Edited:
        """The program after all parts. Raises EditFailed if that is none, or not whole."""
        for fence in self.unplaced:
            self._place_at_last(fence)
        if not self.touched:
            where = self.path or "a file"
            raise EditFailed(f"no text in the reply defines anything that {where} defines now: {EXPECTED}")
        edited = applied(self.before, self._changed())
        refuse_lost(self.before.files, self.now.files)
        refuse_unused(self.now.files, self.new)
        refuse_emptied(self.before.files, self.now.files, self.given.modules)
        refuse_invented(self.before.files, self.now.files, self.given.modules)
        return Edited(edited.program, (*edited.notes, *self.notes))

    def _changed(self) -> dict[str, str]:
        """The texts of the files that were changed, in the order of the reply; of all that it shows, if none was."""
        changed = [path for path in self.touched if self.now.files[path] != complete(self.before.files[path])]
        return {path: self.now.files[path] for path in changed or self.touched}

    def _set(self, path: str, text: str) -> None:
        self.now = replace(self.now, files={**self.now.files, allowed(path, self.path): complete(text)})
        self.touched[path] = None

    def _set_all(self, files: Mapping[str, str]) -> None:
        for path, text in files.items():
            if text != self.now.files[path]:
                self._set(path, text)

    def _block(self, block: Block) -> None:
        number = self.blocks.index(block) + 1
        try:
            self._set(*replaced_by(self.now, block._replace(path=self._file_of_block(block))))
        except EditFailed as failed:
            raise EditFailed(f"block {number} of {len(self.blocks)} can't be applied: {failed}") from None

    def _file_of_block(self, block: Block) -> str:
        if block.path:
            return allowed(existing(self.now, block.path), self.path)
        return self.path or ""

    def _patch(self, part: Patch) -> None:
        moved: dict[str, int] = {}
        for number, hunk in enumerate(part.hunks, 1):
            try:
                path = self._file_of_hunk(hunk)
                lines = lines_of(self.now.files[path])
                after = put(lines, hunk, moved.get(path, 0))
            except EditFailed as failed:
                raise EditFailed(f"hunk {number} of the diff in line {part.line} can't be applied: {failed}") from None
            moved[path] = moved.get(path, 0) + len(after) - len(lines)
            self._set(path, "".join(f"{line}\n" for line in after))

    def _file_of_hunk(self, hunk: Hunk) -> str:
        if hunk.path:
            return allowed(existing(self.now, hunk.path), self.path)
        if self.path is not None:
            return self.path
        holders = [path for path, text in self.now.files.items() if _stands(hunk, text)]
        return choose(self.now, holders, "its lines stand")

    def _fence(self, fence: Fence) -> None:
        if self._is_quotation(fence):
            return
        target = file_of(fence, Sought(self.now, self.path), self.fences)
        if not target and self.text_above and not fence.info:
            where = f"the fence in line {fence.start + 1} names no file"
            raise EditFailed(f"{where}. If it is a part of {self.text_above}: {LONGER}")
        self.text_above = target if target and not is_module(target) else ""
        if not target:
            self.unplaced.append(fence)
        elif is_module(target):
            self._module(fence, target)
        else:
            self._text(fence, target)

    def _is_quotation(self, fence: Fence) -> bool:
        """Lines of the program that are repeated next to the change."""
        texts = [*self.now.files.values(), *self.before.files.values()]
        beside = len(self.fences) + len(self.blocks) > 1
        return beside and not fence.path and not begins_alike(fence.text, texts) and is_quoted(fence.text, texts)

    def _text(self, fence: Fence, path: str) -> None:
        if not fence.closed:
            raise EditFailed(f"{_cut_off(fence)}; and the rest of it is missing")
        self.given.add_text(path, fence)
        self._set(path, whole_text(self.now.files, path, fence.text))

    def _module(self, fence: Fence, path: str) -> None:
        if not fence.closed and not self._ends_alike(fence, path):
            raise EditFailed(f"{_cut_off(fence)}; {syntax_error(fence.text) or f'it does not end as {path} does'}")
        shown = module_text(self.now.files, path, fence.text, self.siblings)
        self.given.add_module(path, fence)
        if not shown.whole:
            self.new |= {(path, name) for name in uses(shown.text).defined - uses(self.now.files[path]).defined}
        self._set(path, shown.text)

    def _ends_alike(self, fence: Fence, path: str) -> bool:
        old, new = ([line for line in lines_of(text) if line.strip()] for text in (self.before.files[path], fence.text))
        return is_python(fence.text) and old[-1:] == new[-1:]

    def _place_at_last(self, fence: Fence) -> None:
        """A text that no file has anything of: functions that another part needs, or an example."""
        needed = [path for path, text in self.now.files.items() if is_module(path) and _needs(fence, text)]
        if needed:
            self._module(fence, choose(self.now, needed, "what it defines is used"))
        elif not fence.closed:
            raise EditFailed(f"{_cut_off(fence)}; {syntax_error(fence.text) or 'the rest of it is missing'}")
        elif self.touched and _is_code(fence) and not RUNS.search(fence.text):
            problem = syntax_error(fence.text) or "it is like nothing that a file has"
            raise EditFailed(f"the text in line {fence.start + 1} of the reply has no place: {problem}. {EXPECTED}")
        elif self.touched:
            self.notes.append(f"the text in line {fence.start + 1} of the reply was taken for an example, and not used")


def _stands(hunk: Hunk, text: str) -> bool:
    try:
        put(lines_of(text), hunk, 0)
    except EditFailed:
        return False
    return True


def _cut_off(fence: Fence) -> str:
    return f"the reply is cut off: the fence in its line {fence.start + 1} is never closed"


def _needs(fence: Fence, text: str) -> bool:
    return not uses(text).unbound.isdisjoint(defined(fence.text))


def _is_code(fence: Fence) -> bool:
    """By its label; without one, if it could be code, and is more than a value that was printed."""
    if fence.info:
        return fence.info.lower() in CODE
    tree = parsed(fence.text)
    return tree is not None and len(tree.body) > 1
