"""What a change must do, and what it must leave alone."""

from __future__ import annotations

from godel.contract.fingerprints import fingerprints
from godel.contract.program import Program
from godel.contract.signature import parameters

from .errors import EditFailed


def check_change(before: Program, after: Program) -> None:
    """Raises EditFailed for a change that makes no difference when the program runs, and for one after which a
    scaffold can't be called as it was."""
    if meaning(before) == meaning(after):
        raise EditFailed("nothing that runs would change: comments, docstrings and layout make no difference")
    wanted = parameters(before)
    if wanted is not None and parameters(after) != wanted:
        raise EditFailed(f"{before.entry} must keep its function improve({', '.join(wanted)})")


def meaning(program: Program) -> dict[str, object]:
    """The files (by path) as far as they make a difference when the program runs: of Python the statements, of
    another text all of it."""
    return {path: _meaning(path, text) for path, text in program.files.items()}


def _meaning(path: str, text: str) -> object:
    return (path.endswith(".py") and list(fingerprints(text))) or text
