"""What a file of a scaffold may hold, Python or any other text: what is read must be what runs."""

from __future__ import annotations

import re
import tokenize

from godel.contract.characters import disguise
from godel.contract.limits import LINE_CHARACTERS

LINE_END = re.compile(r"\r\n?|\n")


def refused_text(path: str, text: str) -> str:
    """Why no file may hold `text`, or "": characters that can't be seen, an encoding other than UTF-8, and, in what
    is not Python (whose limits are in `syntax`), a line that is too long."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"'{path}' is not valid Unicode"
    if character := disguise(text):
        return f"'{path}' holds the character U+{ord(character):04X}, which can't be seen"
    if path.endswith(".py"):
        return "" if _reads_as_utf8(text) else f"'{path}' declares an encoding other than UTF-8"
    longest = max(map(len, LINE_END.split(text)))
    return (
        f"'{path}' has a line of {longest} characters; at most {LINE_CHARACTERS}" if longest > LINE_CHARACTERS else ""
    )


def _reads_as_utf8(text: str) -> bool:
    """What Python itself would make of the file, whichever way its lines end."""
    lines = iter([line.encode() + b"\n" for line in LINE_END.split(text, maxsplit=2)[:2]])
    try:
        return tokenize.detect_encoding(lambda: next(lines, b""))[0] == "utf-8"
    except SyntaxError:  # an encoding that nobody knows
        return False
