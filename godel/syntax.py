"""Python source as the host reads it: parsed, never run."""

from __future__ import annotations

import ast
import threading

_PARSER = threading.Lock()


def parse(text: str) -> ast.Module:
    """The syntax tree, for use from several threads: before Python 3.11.8 they share one
    count of the parser's recursion depth, and it raises SystemError (python/cpython#106905).
    Raises SyntaxError, ValueError, RecursionError or MemoryError."""
    with _PARSER:
        return ast.parse(text)


def syntax_error(text: str) -> str:
    """What stops `text` from being parsed, or ""."""
    try:
        parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f" at line {error.lineno}" if isinstance(error, SyntaxError) else ""
        return f"does not parse: {getattr(error, 'msg', None) or error}{line}"
    return ""
