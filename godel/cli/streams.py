"""Output to a terminal or a pipe of any encoding: what it can't take is written in what it can."""

from __future__ import annotations

import codecs
import io
import sys

NAME = "godel.look-alikes"
LOOK_ALIKES = {
    "…": "...",
    "→": "->",
    "−": "-",
    "–": "-",
    "±": "+-",
    "·": "-",
    "●": "*",
    "○": "o",
    "×": "x",
    "τ": "tau",
    "≤": "<=",
    "≥": ">=",
    "█": "#",
    "━": "-",
    "╸": "-",
    "╺": "-",
    "─": "-",
    "│": "|",
    "├": "|",
    "└": "`",
    "┌": ",",
}


def prepare_streams() -> None:
    """From here on no text is refused by stdout or stderr; one that is closed swallows it."""
    codecs.register_error(NAME, _written)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, io.StringIO())
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=NAME)


def _written(error: UnicodeError) -> tuple[str, int]:
    """What stands for the characters that could not be encoded, and where to go on. For `codecs.register_error`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    refused = error.object[error.start : error.end]
    return "".join(LOOK_ALIKES.get(each) or _escaped(each) for each in refused), error.end


def _escaped(character: str) -> str:
    return character.encode("ascii", "backslashreplace").decode()
