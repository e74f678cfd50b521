"""The rules of a script: which conversations one fits, and what it has to say then."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from godel.config import Section, Text
from godel.tasks.ranges import whole

from .completions import text_of

FLAGS = re.DOTALL | re.MULTILINE
FENCED = re.compile(r"^(?P<fence>`{3,})(?P<language>[^\n`]*)\n(?P<code>.*?)^(?P=fence)`*[ \t\r]*$", FLAGS)
PATTERNS = ("when", "unless", "last", "model")
WORD = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True)
class Conversation:
    """What rules look at. `turn` counts the assistant's messages so far, `tools` says whether any are offered."""

    text: str
    last: str
    turn: int
    tools: bool
    model: str

    @staticmethod
    def of(request: Mapping[str, Any]) -> Conversation:
        messages = request["messages"]
        texts = [text_of(message) for message in messages]
        turn = sum(message["role"] == "assistant" for message in messages)
        offered = bool(request.get("tools")) and request.get("tool_choice") != "none"
        return Conversation("\n".join(texts), texts[-1], turn, offered, request["model"])


class Call(Section, strict=True):
    """A function to call. Arguments are a table, or the text that the model writes in its place."""

    name: Text
    arguments: Any = "{}"


class Reply(Section, strict=True):
    """Text, functions to call, or both. `tool` and `arguments` are short for one of `calls`."""

    text: str = ""
    tool: str = ""
    arguments: Any = "{}"
    calls: tuple[Call, ...] = ()

    def message(self, words: Mapping[str, str], id: str) -> dict[str, Any]:
        """As an assistant's message, with `words` put in; the ids of its calls begin with `id`."""
        first = [Call(name=self.tool, arguments=self.arguments)] if self.tool else []
        calls = [_called(call, words, f"{id}_{index}") for index, call in enumerate([*first, *self.calls])]
        message = {"role": "assistant", "content": filled(self.text, words) if self.text else None}
        return {**message, "tool_calls": calls} if calls else message


class Rule(Section, strict=True):
    """Replies, and regular expressions and facts that a conversation has to fit."""

    when: str = ""
    unless: str | None = None
    last: str = ""
    model: str = ""
    tools: bool | None = None
    turn: Annotated[int, whole(0, 1_000_000)] | None = None
    reply: tuple[Reply, ...] = ()

    def words(self, conversation: Conversation) -> dict[str, str] | None:
        """The named groups of `when` in a conversation that fits, None for one that does not."""
        found = re.search(self.when, conversation.text, FLAGS)
        if found is None or (self.unless is not None and re.search(self.unless, conversation.text, FLAGS)):
            return None
        if not re.search(self.last, conversation.last, FLAGS) or not re.search(self.model, conversation.model, FLAGS):
            return None
        if self.tools not in (None, conversation.tools) or self.turn not in (None, conversation.turn):
            return None
        return found.groupdict("")


def filled(text: str, words: Mapping[str, str]) -> str:
    """`text` with each {{word}} of `words` put in; what else is in double braces stays."""
    return WORD.sub(lambda found: words.get(found[1], found[0]), text)


def last_code(text: str) -> str:
    """The last fenced code block of `text`, or ""."""
    blocks = [found["code"] for found in FENCED.finditer(text)]
    return blocks[-1] if blocks else ""


def _called(call: Call, words: Mapping[str, str], id: str) -> dict[str, Any]:
    arguments = call.arguments if isinstance(call.arguments, str) else json.dumps(_put(call.arguments, words))
    return {"id": id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _put(value: Any, words: Mapping[str, str]) -> Any:
    """`value` with the words put into every text of it."""
    if isinstance(value, str):
        return filled(value, words)
    if isinstance(value, dict):
        return {key: _put(each, words) for key, each in value.items()}
    return [_put(each, words) for each in value] if isinstance(value, list) else value
