"""What a change must leave as it is: the contract of a scaffold. And that it changes anything that runs."""

from __future__ import annotations

import ast

from godel.contract import Program
from godel.contract.editing import EditFailed
from godel.contract.fingerprints import fingerprints, quiet_parse


def is_scaffold(program: Program) -> bool:
    """Whether the program improves others, as this one does."""
    return bool(parameters(program))


def check(before: Program, after: Program) -> None:
    """Raises EditFailed for a change of words only, or one that ends a scaffold's contract."""
    if meaning(before) == meaning(after):
        raise EditFailed("nothing that runs would change: comments, docstrings and layout make no difference")
    if parameters(before) not in ("", parameters(after)):
        raise EditFailed(f"{before.entry} must keep its function improve({parameters(before)}), as it is called")


def meaning(program: Program) -> list[object]:
    """The files as far as they make a difference when the program runs."""
    return [list(fingerprints(text)) or text for text in program.files.values()]


def parameters(program: Program) -> str:
    """What the entry's `improve` takes; "" if it has none."""
    text = program.files[program.entry]
    body = quiet_parse(text).body if fingerprints(text) else []
    found = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == "improve"]
    return ", ".join(argument.arg for argument in found[-1].args.args) if found else ""
