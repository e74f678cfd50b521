"""From a reply to a change of a program, and a change in words."""

from __future__ import annotations

import ast

from godel.contract import Edit, Program
from godel.contract.editing import Edited, EditFailed, from_reply
from godel.contract.fingerprints import fingerprints, quiet_parse

TOLD, LENGTH = 3, 160  # edits of a change, and characters of each


def read(program: Program, reply: str) -> Edited:
    """The program after its SEARCH/REPLACE blocks, or as the reply writes it anew. Raises EditFailed, in
    words for the model."""
    edited = from_reply(program, reply)
    if meaning(edited.program) == meaning(program):
        raise EditFailed("nothing but comments, docstrings or layout would change")
    if parameters(edited.program) != (wanted := parameters(program)):
        raise EditFailed(f"improve must stay in {program.entry}, with the parameters {', '.join(wanted)}")
    return edited


def meaning(program: Program) -> list[object]:
    """What can make a difference when the program runs."""
    return [list(fingerprints(text)) or text for text in program.files.values()]


def parameters(program: Program) -> list[str]:
    """Those of `improve`, if the program is a scaffold."""
    text = program.files[program.entry]
    body = quiet_parse(text).body if "def improve(" in text else []
    found = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == "improve"]
    return [argument.arg for node in found for argument in node.args.args]


def changes(program: Program, edited: Edited) -> str:
    """What was done to the program, in a line."""
    made = edited.program.edits[len(program.edits) :]
    return "; ".join(map(told, made[:TOLD])) + ("; …" if len(made) > TOLD else "")


def told(edit: Edit) -> str:
    said = " ".join(f"{edit.operator} {edit.target}: {edit.before} -> {edit.after}".split())
    return said if len(said) <= LENGTH else said[: LENGTH - 1] + "…"
