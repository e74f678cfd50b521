"""The one doorway to libcst's parser and printer: whatever they raise is text that can't be read, and no crash."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import libcst as cst

from .errors import EditFailed
from .source import located, syntax_error


class Unreadable(EditFailed):
    """Text that Python can't compile, or that libcst can't read or write."""


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Raises Unreadable for whatever libcst raises inside: what it can parse it can't always write, and some of what
    Python compiles it takes for a mistake of its caller (`None or(lambda: 1)` is a TypeError: its issue 1061)."""
    try:
        yield
    except EditFailed:
        raise
    except RecursionError:
        raise Unreadable(f"{what} is nested too deeply") from None
    except BaseException as error:
        if not _of_the_parser(error):
            raise
        raise Unreadable(f"{what} can't be read by libcst: {type(error).__name__}: {error}") from error


def _of_the_parser(error: BaseException) -> bool:
    """A panic of libcst's native part is no Exception; nor are a signal and an exit, which are not about the text."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def parse_module(text: str, path: str = "the program", above: int = 0) -> cst.Module:
    """Raises Unreadable for what libcst can't read or Python can't compile (which libcst might not
    survive); its lines are counted after the first `above`."""
    if problem := syntax_error(text, above):
        raise Unreadable(f"{path} does not parse: {problem}")
    with readable(path):
        try:
            return cst.parse_module(text)
        except cst.ParserSyntaxError as error:
            problem = located("libcst can't read it", text, error.raw_line, above)
            raise Unreadable(f"{path} does not parse: {problem}") from None
