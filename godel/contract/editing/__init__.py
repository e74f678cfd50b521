"""Turns what a language model replied into edits of a program.

A reply is read as an ordered list of edits: whole files, parts of files, SEARCH/REPLACE blocks, unified diffs, calls of
TOOLS that came as text. They are all carried out or none is. What comes of it is a program whose changed files parse,
with one Edit for every statement or method that changed, or EditFailed with words for the model. Nothing is
guessed: a block that nearly matches, or a reply that was cut off, changes nothing.
"""

from __future__ import annotations

from godel.contract import Program, Reply

from .alternatives import refuse_alternatives
from .answer import answer
from .applied import Edited
from .blocks import Block, search_replace
from .change import check_change, meaning
from .draft import Draft
from .errors import EditFailed
from .files import is_module, whole_file
from .functions import replace_function
from .parsing import Unreadable, parse_module, readable
from .paths import existing
from .reading import Part, parts_in
from .source import unified
from .tools import NAMES, TOOLS, by_tool

__all__ = [
    "TOOLS",
    "Block",
    "EditFailed",
    "Edited",
    "Part",
    "Unreadable",
    "by_tool",
    "check_change",
    "from_reply",
    "meaning",
    "parse_module",
    "parts_in",
    "readable",
    "replace_function",
    "search_replace",
    "whole_file",
]


def from_reply(program: Program, reply: str, path: str | None = None) -> Edited:
    """The program after all edits of a reply, in their order. With `path` no other file may change.
    Raises EditFailed if one of them can't be carried out, or if there is none."""
    if path is not None:
        existing(program, path)
    if isinstance(reply, Reply) and reply.cut_off:
        raise EditFailed("the reply is cut off at its limit of tokens, so nothing of it is used: reply more briefly")
    text = answer(unified(reply))
    refuse_alternatives(text)
    parts = parts_in(text, NAMES, python=path is None or is_module(path))
    draft = Draft(program, parts, path)
    for part in parts:
        draft.take(part)
    return draft.finished()
