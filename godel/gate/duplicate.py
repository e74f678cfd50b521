"""No scaffold twice: not the parent, not another of the archive, not one in other clothes."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from godel.contract import Program
from godel.contract.fingerprints import shape, undocumented
from godel.contract.syntax import Unparsable, parse

from . import Proposal


class Duplicate:
    name = "duplicate"

    def refuse(self, proposal: Proposal) -> str:
        child = normalised(proposal.child)
        if child == normalised(proposal.parent):
            return "the same program as its parent"
        return "the same program as one in the archive" if child in proposal.known else ""


def normalised(program: Program) -> str:
    """A hash of the program's meaning as far as syntax tells: comments, layout and
    docstrings don't count. Of what can't be parsed the text counts: every program has one."""
    parts = [program.entry]
    for path, text in sorted(program.files.items()):
        parts += [path, _shape(text) if path.endswith(".py") else text]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=128)
def _shape(text: str) -> str:
    try:
        return shape(undocumented(parse(text)))
    except Unparsable:
        return text
