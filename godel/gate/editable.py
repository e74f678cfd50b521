"""Only editable files changed, by names that stay inside the scaffold, in honest text."""

from __future__ import annotations

import re
import tokenize

from godel.contract.characters import disguise
from godel.filenames import refused, shown
from godel.scoring.received import too_much

from . import Proposal

LINE_END = re.compile(r"\r\n?|\n")


class Editable:
    name = "editable"

    def refuse(self, proposal: Proposal) -> str:
        child, parent = proposal.child.files, proposal.parent.files
        if proposal.child.entry != proposal.parent.entry:
            return f"the entry file changed to '{shown(proposal.child.entry)}'"
        if problem := too_much(proposal.child):
            return problem
        for path in sorted(child.keys() | parent.keys()):
            if child.get(path) != parent.get(path) and (reason := _refuse_path(path, proposal.editable)):
                return reason
        return next((reason for path, text in child.items() if (reason := _refuse_text(path, text))), "")


def _refuse_path(path: str, editable: tuple[str, ...]) -> str:
    """`editable` are whole paths: a file of the same name in another folder would be another module."""
    if problem := refused(path):
        return problem
    return "" if path in editable else f"'{path}' is not editable; there are: {', '.join(editable)}"


def _refuse_text(path: str, text: str) -> str:
    """What is read must be what runs: no bytes that a parser, a viewer or an encoding
    declaration could take for something else."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"'{path}' is not valid Unicode"
    if character := disguise(text):
        return f"'{path}' holds the character U+{ord(character):04X}, which can't be seen"
    return "" if _reads_as_utf8(text) else f"'{path}' declares an encoding other than UTF-8"


def _reads_as_utf8(text: str) -> bool:
    """What Python itself would make of the file, whichever way its lines end."""
    lines = iter([line.encode() + b"\n" for line in LINE_END.split(text, maxsplit=2)[:2]])
    try:
        return tokenize.detect_encoding(lambda: next(lines, b""))[0] == "utf-8"
    except SyntaxError:  # an encoding that nobody knows
        return False
