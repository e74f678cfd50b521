"""Tool calls that came as text: the model wrote them, and nobody made calls of them."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from godel.contract import ToolCall

from .errors import EditFailed

NAMES, ARGUMENTS = ("name", "tool", "tool_name", "function"), ("arguments", "parameters", "args", "input")


def call_in(text: str, known: Collection[str]) -> ToolCall | None:
    """The call that a JSON text is, if it is of a `known` tool; None for any other text."""
    try:
        return _call(json.loads(text), known) if text.lstrip().startswith("{") else None
    except (ValueError, RecursionError):
        return None


def tagged_call(text: str, line: int) -> ToolCall:
    """The call in a tag that holds nothing else. Raises EditFailed for what is none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EditFailed(f"the tool call in line {line} of the reply is not JSON: {error}") from None
    if call := _call(data, ()):
        return call
    raise EditFailed(f'the tool call in line {line} of the reply must be {{"name": …, "arguments": {{…}}}}')


def _call(data: Any, known: Collection[str]) -> ToolCall | None:
    if isinstance(data, dict) and isinstance(data.get("function"), dict):
        data = data["function"]
    if not isinstance(data, dict):
        return None
    name = next((data[each] for each in NAMES if isinstance(data.get(each), str)), None)
    given = next((data[each] for each in ARGUMENTS if each in data), None)
    arguments = json.loads(given) if isinstance(given, str) else given
    if name is None or not isinstance(arguments, dict) or (known and name not in known):
        return None
    return ToolCall(name, arguments)
