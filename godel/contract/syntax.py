"""Untrusted Python source as the host and judges read it: bounded, parsed, never run."""

from __future__ import annotations

import ast
import re
import threading
import warnings

from godel.contract.limits import INTEGER_BITS, LINE_CHARACTERS, SOURCE_WORDS, SYNTAX_DEPTH

_PARSER = threading.Lock()
LINE = re.compile(r"[^\r\n]*")
WORD = re.compile(r"\w+|[^\w\s]")


class Unparsable(ValueError):
    """A source that can't be read, in words."""


def parse(text: str, most_deep: int = SYNTAX_DEPTH) -> ast.Module:
    """The syntax tree of an untrusted source, small enough to be walked by anybody. For use from several threads:
    before Python 3.11.8 they share one count of the parser's recursion depth, and it raises SystemError
    (python/cpython#106905). Raises Unparsable."""
    if problem := _too_long(text):
        raise Unparsable(problem)
    try:
        tree = _parsed(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unparsable(_does_not_parse(error)) from None
    if problem := _too_complex(tree, most_deep):
        raise Unparsable(problem)
    return tree


def unreadable(text: str) -> str:
    """What stops an untrusted `text` from being read (see `parse`), or ""."""
    try:
        parse(text)
    except Unparsable as error:
        return str(error)
    return ""


def syntax_error(text: str) -> str:
    """What stops a `text` of ours from being parsed, or "". It has no limits."""
    try:
        _parsed(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return _does_not_parse(error)
    return ""


def words(text: str) -> int:
    """How many words and signs `text` has, without parsing it: what parsing it costs."""
    return sum(1 for _ in WORD.finditer(text))


def _parsed(text: str) -> ast.Module:
    """Whatever is done with warnings here: a bad escape would be an error, or a line in the terminal."""
    with _PARSER, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _does_not_parse(error: BaseException) -> str:
    line = f" at line {error.lineno}" if isinstance(error, SyntaxError) else ""
    return f"does not parse: {getattr(error, 'msg', None) or error}{line}"


def _too_long(text: str) -> str:
    longest = max(line.end() - line.start() for line in LINE.finditer(text))
    if longest > LINE_CHARACTERS:
        return f"has a line of {longest} characters; at most {LINE_CHARACTERS}"
    count = words(text)
    return f"has {count} words and signs; at most {SOURCE_WORDS}" if count > SOURCE_WORDS else ""


def _too_complex(tree: ast.Module, most_deep: int) -> str:
    level: list[ast.AST] = [tree]
    for _ in range(most_deep):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if any(isinstance(node, ast.Constant) and _bits(node.value) > INTEGER_BITS for node in level):
            return f"holds an integer of more than {INTEGER_BITS} bits"
        if not level:
            return ""
    return f"is nested more than {most_deep} deep at line {getattr(level[0], 'lineno', '?')}"


def _bits(value: object) -> int:
    return value.bit_length() if isinstance(value, int) else 0
