"""The one place where a line from another process becomes a value.

What `decoded` gives can be walked, written again and compared by anybody: its size, depth, numbers
and count are known before the parser sees it.
"""

from __future__ import annotations

import json
import re
from typing import Any

from godel.contract import limits

# A string that never ends reaches to the end: nothing is looked at twice, whatever the sender made up.
STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
LONG_NUMBER = re.compile(rb"[0-9]{%d}" % (limits.NUMBER_DIGITS + 1))
NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class Unreadable(ValueError):
    """A line that is no message, in words."""


def encoded(message: Any) -> bytes:
    """The line for `message`. NaN and infinities go as Python writes them. Raises ValueError or TypeError
    for what is no JSON."""
    return json.dumps(message, allow_nan=True).encode() + b"\n"


def decoded(line: bytes) -> Any:
    """The message that `line` is. Raises Unreadable for one that breaks a limit, or is no JSON in UTF-8."""
    if problem := _over(line):
        raise Unreadable(problem)
    try:
        return json.loads(line.decode("utf-8"))
    except ValueError as error:
        raise Unreadable(f"no JSON: {error}"[: limits.REASON_CHARACTERS]) from None


def _over(line: bytes) -> str:
    if len(line) > limits.FRAME_BYTES:
        return f"a message of {len(line)} bytes; at most {limits.FRAME_BYTES}"
    bare = STRING.sub(b"", line)
    if sum(map(bare.count, (b",", b"[", b"{"))) > limits.JSON_VALUES:
        return f"a message of more than {limits.JSON_VALUES} values"
    if LONG_NUMBER.search(bare):
        return f"a number of more than {limits.NUMBER_DIGITS} digits"
    if depth(bare.translate(None, NOT_BRACKETS)) > limits.JSON_DEPTH:
        return f"a message nested more than {limits.JSON_DEPTH} deep"
    return ""


def depth(brackets: bytes) -> int:
    """How deep the brackets nest, whether or not they match."""
    now = most = 0
    for bracket in brackets:
        now += 1 if bracket in b"[{" else -1
        most = max(most, now)
    return most
