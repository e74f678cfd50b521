"""What a draft must leave as it is: the contract of a scaffold. And that it changes anything that runs."""

from __future__ import annotations

import ast

from godel.contract import Program
from godel.contract.editing import EditFailed
from godel.contract.fingerprints import fingerprints, quiet_parse


def is_scaffold(program: Program) -> bool:
    """Whether the program improves others, as this one does."""
    return bool(parameters(program))


def check(before: Program, after: Program) -> None:
    """Raises EditFailed, in words for the model."""
    if meaning(before) == meaning(after):
        raise EditFailed("nothing that runs would change: comments, docstrings and layout make no difference")
    if (wanted := parameters(before)) and parameters(after) != wanted:
        raise EditFailed(f"{before.entry} must keep its function improve({', '.join(wanted)})")


def meaning(program: Program) -> list[object]:
    """The files as far as they make a difference when the program runs."""
    return [list(fingerprints(text)) or text for text in program.files.values()]


def parameters(program: Program) -> list[str]:
    """Those of `improve`; none if the program has no such function."""
    text = program.files[program.entry]
    body = quiet_parse(text).body if fingerprints(text) else []
    found = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == "improve"]
    return [argument.arg for argument in found[-1].args.args] if found else []
