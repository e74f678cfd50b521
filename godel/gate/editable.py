"""Only editable files changed, by names that stay inside the scaffold, in honest text."""

from __future__ import annotations

import re
import tokenize
import unicodedata
from pathlib import PurePosixPath

from . import Proposal

MAX_BYTES = 1 << 20
LINE_END = re.compile(r"\r\n?|\n")
BIDIRECTIONAL = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


class Editable:
    name = "editable"

    def refuse(self, proposal: Proposal) -> str:
        child, parent = proposal.child.files, proposal.parent.files
        if proposal.child.entry != proposal.parent.entry:
            return f"the entry file changed to {proposal.child.entry}"
        for path in sorted(child.keys() | parent.keys()):
            if child.get(path) != parent.get(path) and (reason := _refuse_path(path, proposal.editable)):
                return reason
        if sum(len(text.encode("utf-8", "replace")) for text in child.values()) > MAX_BYTES:
            return f"larger than {MAX_BYTES} bytes"
        return next((reason for path, text in child.items() if (reason := _refuse_text(path, text))), "")


def _refuse_path(path: str, editable: tuple[str, ...]) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or str(pure) != path or "\0" in path:
        return f"'{path}' lies outside the scaffold"
    if not any(pure.match(pattern) for pattern in editable):
        return f"'{path}' is not editable"
    return ""


def _refuse_text(path: str, text: str) -> str:
    """What is read must be what runs: no bytes that a parser, a viewer or an encoding
    declaration could take for something else."""
    for character in text:
        if character == "\0" or unicodedata.bidirectional(character) in BIDIRECTIONAL:
            return f"'{path}' holds the character U+{ord(character):04X}"
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"'{path}' is not valid Unicode"
    return "" if _reads_as_utf8(text) else f"'{path}' declares an encoding other than UTF-8"


def _reads_as_utf8(text: str) -> bool:
    """What Python itself would make of the file, whichever way its lines end."""
    lines = iter([line.encode() + b"\n" for line in LINE_END.split(text, maxsplit=2)[:2]])
    try:
        return tokenize.detect_encoding(lambda: next(lines, b""))[0] == "utf-8"
    except SyntaxError:  # an encoding that nobody knows
        return False
