"""From replies to versions of a program: those that can be applied, and what is wrong with the others."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from godel.contract import Program
from godel.contract.editing import Edited, EditFailed, from_reply
from godel.contract.fingerprints import fingerprints, quiet_parse


def read(program: Program, replies: Sequence[str]) -> tuple[list[Edited], list[str]]:
    """The different versions that the replies make of the program, and what is wrong with the other replies."""
    found, problems = dict[str, Edited](), list[str]()
    for reply in replies:
        try:
            version = read_one(program, reply)
            found.setdefault(version.program.digest, version)
        except EditFailed as failed:
            problems.append(str(failed))
    return list(found.values()), problems


def read_one(program: Program, reply: str) -> Edited:
    """Raises EditFailed, in words for the model."""
    version = from_reply(program, reply)
    if meaning(version.program) == meaning(program):
        raise EditFailed("nothing but comments, docstrings or layout would change")
    if parameters(version.program) != (wanted := parameters(program)):
        raise EditFailed(f"improve must stay in {program.entry}, with the parameters {', '.join(wanted)}")
    return version


def meaning(program: Program) -> list[object]:
    """What can make a difference when the program runs."""
    return [list(fingerprints(text)) or text for text in program.files.values()]


def parameters(program: Program) -> list[str]:
    """Those of `improve`, if the program is a scaffold."""
    text = program.files[program.entry]
    body = quiet_parse(text).body if "def improve(" in text else []
    found = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == "improve"]
    return [argument.arg for node in found for argument in node.args.args]
