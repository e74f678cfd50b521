"""From replies to versions of a program: those that can be applied, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Sequence

from godel.contract import Program
from godel.contract.editing import Edited, EditFailed, check_change, from_reply


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
    check_change(program, version.program)
    return version
