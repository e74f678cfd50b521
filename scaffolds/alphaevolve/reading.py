"""From a reply to a change of a program, and a change in words."""

from __future__ import annotations

from godel.contract import Edit, Program
from godel.contract.editing import Edited, check_change, from_reply

TOLD, LENGTH = 3, 160  # edits of a change, and characters of each


def read(program: Program, reply: str) -> Edited:
    """The program after its SEARCH/REPLACE blocks, or as the reply writes it anew. Raises EditFailed, in
    words for the model."""
    edited = from_reply(program, reply)
    check_change(program, edited.program)
    return edited


def changes(program: Program, edited: Edited) -> str:
    """What was done to the program, in a line."""
    made = edited.program.edits[len(program.edits) :]
    return "; ".join(map(told, made[:TOLD])) + ("; …" if len(made) > TOLD else "")


def told(edit: Edit) -> str:
    said = " ".join(f"{edit.operator} {edit.target}: {edit.before} -> {edit.after}".split())
    return said if len(said) <= LENGTH else said[: LENGTH - 1] + "…"
