"""Text as it may stand in a file: one kind of line end, nothing that can't be seen, Python that compiles."""

from __future__ import annotations

import ast
import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from godel.contract.fingerprints import quiet_parse

from .errors import EditFailed

LINE_END = re.compile(r"\r\n?")
HIDDEN = re.compile("[\\0\ufeff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""NUL, the byte order mark and what has Unicode's property Bidi_Control."""
TOKEN = re.compile(r"""#.*|"{3}|'{3}|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""")
"""What quotes in a line of code may belong to: a comment, a string that ends in it, one that may not."""
REST = {quote: re.compile(rf"(?:\\.|(?!{quote})[^\\])*{quote}") for quote in ('"' * 3, "'" * 3)}
"""What is left of a string over several lines."""
BEFORE = re.compile(r"(?:^\s*|[=(\[{,:+]\s*|\breturn )[rfbu]{0,2}$", re.I)
"""What stands before a string in code."""
SURROGATE = re.compile("[\ud800-\udfff]")


def unified(text: str) -> str:
    """`text` with line feeds for line ends."""
    return LINE_END.sub("\n", text)


def complete(text: str) -> str:
    """A file's text: unified, and its last line ends."""
    text = unified(text)
    return text if text.endswith("\n") or not text else text + "\n"


def lines_of(text: str) -> list[str]:
    """The lines of a file or of a part of one, whether or not the last one ends."""
    return complete(text).split("\n")[:-1]


def check(path: str, text: str) -> None:
    """Raises EditFailed for text that can't stand in the file."""
    if not text.strip():
        raise EditFailed(f"{path} would be empty")
    if hidden := HIDDEN.search(text):
        what = f"U+{ord(hidden[0]):04X} ({unicodedata.name(hidden[0], 'NULL')})"
        raise EditFailed(f"{path} would hold the invisible character {what} in line {_line(text, hidden.start())}")
    if surrogate := SURROGATE.search(text):
        raise EditFailed(f"{path} would not be valid Unicode in line {_line(text, surrogate.start())}")
    if path.endswith(".py") and (problem := syntax_error(text)):
        raise EditFailed(f"{path} would not parse: {problem}")


def syntax_error(text: str, above: int = 0) -> str:
    """What stops `text` from being compiled, with its line (counted after the first `above`), or ""."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "program", "exec", dont_inherit=True)
    except SyntaxError as error:
        return located(error.msg, text, error.lineno or 0, above)
    except (RecursionError, MemoryError):
        return "it is nested too deeply"
    except (ValueError, OverflowError) as error:
        return str(error)
    return ""


def is_python(text: str) -> bool:
    return not syntax_error(text)


def parsed(text: str) -> ast.Module | None:
    """The syntax tree, or None for text that can't be compiled (of which the parser might not survive some)."""
    return None if syntax_error(text) else quiet_parse(text)


def in_strings(lines: Iterable[str], prose: bool = False) -> Iterator[bool]:
    """Of each line of code, right or wrong, whether it starts in a string over several lines. In `prose` with code
    in it three quotes open one only where code could have it, and not in the middle of a sentence."""
    quote = ""
    for line in lines:
        yield bool(quote)
        quote = _quote_after(line, quote, prose)


def find(lines: Sequence[str], start: int, mark: re.Pattern[str]) -> tuple[int, re.Match[str]] | None:
    """The first line from `start` on that is such a mark, and stands in no string that begins from there on."""
    for at, quoted in enumerate(in_strings(islice(lines, start, None)), start):
        if not quoted and (match := mark.fullmatch(lines[at])):
            return at, match
    return None


def _quote_after(line: str, quote: str, prose: bool) -> str:
    at = 0
    while match := (REST[quote].match(line, at) if quote else TOKEN.search(line, at)):
        opens = not quote and match[0] in REST and not (prose and not BEFORE.search(line[: match.start()]))
        quote = match[0] if opens else ""
        at = match.end()
    return quote


def located(message: str, text: str, line: int, above: int = 0) -> str:
    """A parser's message with the line that it speaks of."""
    lines = text.split("\n")
    quoted = f": {lines[line - 1].strip()}" if 0 < line <= len(lines) and lines[line - 1].strip() else ""
    return f"line {line - above}: {message}{quoted}"


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
