"""Characters that aren't seen as what they are: the one rule for what is printed, and for what a source may hold."""

from __future__ import annotations

import re
import unicodedata

CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Control, format (bidirectional and zero-width ones, tags), half a surrogate pair, private use, separators of
lines and paragraphs."""

UNKNOWN = "Cn"
"""Not assigned, as far as this Python knows: nobody knows how it would look."""

INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters, marks and signs without a shape of their own (of the property Default_Ignorable_Code_Point, and the
empty Braille cell): their categories don't tell."""

EMOJI = "\ufe0e\ufe0f"
"""Variation selectors that follow an emoji in honest text."""

PLAIN = re.compile("[^\t\n -~]")
LAYOUT = "\t\n\r\f"


def hidden(character: str) -> bool:
    """Whether it must not reach a terminal or a page as it is."""
    category = unicodedata.category(character)
    return category in CATEGORIES or category == UNKNOWN or INVISIBLE.match(character) is not None


def printable(text: str) -> str:
    r"""`text` with what can't be seen as escapes (\x1b, \u202e): it comes from untrusted code, and must not
    drive a terminal, or show source other than it is. Tabs and line feeds stay."""
    return PLAIN.sub(lambda match: _escaped(match[0]) if hidden(match[0]) else match[0], text)


def disguise(text: str) -> str:
    """The first character that a source may not hold, or "": what is read must be what runs."""
    for match in PLAIN.finditer(text):
        character = match[0]
        if character in LAYOUT or character in EMOJI:
            continue
        if unicodedata.category(character) in CATEGORIES or INVISIBLE.match(character):
            return character
    return ""


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode()
