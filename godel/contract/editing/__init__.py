"""Turns what a language model replied into edits of a program.

Whatever form a reply has, what comes of it is a program whose changed files parse, with one Edit
for every statement or method that changed, or EditFailed with words for the model. Nothing is
guessed: a block that nearly matches, or a reply that was cut off, changes nothing.
"""

from __future__ import annotations

from godel.contract import Program

from .applied import Edited, applied, existing
from .blocks import Block, blocks_in, search_replace
from .change import check_change, meaning
from .errors import EditFailed
from .files import files_in, whole_file
from .functions import replace_function
from .source import unified
from .tools import TOOLS, by_tool

__all__ = [
    "TOOLS",
    "Block",
    "EditFailed",
    "Edited",
    "blocks_in",
    "by_tool",
    "check_change",
    "files_in",
    "from_reply",
    "meaning",
    "replace_function",
    "search_replace",
    "whole_file",
]


def from_reply(program: Program, reply: str, path: str | None = None) -> Edited:
    """The program after a reply: its SEARCH/REPLACE blocks if it has any, else the whole files in
    its fences, else the reply itself, if it is code. With `path` no other file may change. Raises EditFailed."""
    text = unified(reply)
    if path is not None:
        existing(program, path)
    if blocks := blocks_in(text):
        return search_replace(program, [_within(block, path) for block in blocks])
    return applied(program, files_in(text, program, path))


def _within(block: Block, path: str | None) -> Block:
    if path is None or block.path == path:
        return block
    if block.path:
        raise EditFailed(f"only {path} may be changed, not {block.path}")
    return block._replace(path=path)
