"""What makes a scaffold of a program: its entry file has a function `improve` that is called in one way."""

from __future__ import annotations

import ast

from .fingerprints import Parse, quiet_parse
from .program import Program

PARAMETERS = ("program", "utility", "model", "rng")
"""Those of `improve`, in order."""


def parameters(program: Program, parse: Parse = quiet_parse) -> tuple[str, ...] | None:
    """Those of the function `improve` in the entry file (of the last one, as Python would have it); None if there is
    no such function, or the file can't be parsed. A host with threads gives its own `parse`."""
    try:
        body = parse(program.files[program.entry]).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    improves = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == "improve"]
    return tuple(argument.arg for argument in improves[-1].args.args) if improves else None


def is_scaffold(program: Program) -> bool:
    """Whether the program improves others."""
    return parameters(program) is not None
