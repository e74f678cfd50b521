"""The rules of a script: which conversations one fits, and what it has to say then."""

from __future__ import annotations

import json
import re
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from godel.config import Section, Text
from godel.tasks.ranges import whole

from .completions import text_of

FLAGS = re.DOTALL | re.MULTILINE
SHOWN = re.compile(r"^(?P<path>[\w./-]+)\n(?P<fence>`{3,})\w*\n(?P<code>.*?)\n(?P=fence)$", FLAGS)
ASSISTANT = "assistant"
FENCED = re.compile(r"^(?P<fence>`{3,})(?P<language>[^\n`]*)\n(?P<code>.*?)^(?P=fence)`*[ \t\r]*$", FLAGS)
PATTERNS = ("when", "unless", "last", "model", "properties", "after")
WORD = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True)
class Conversation:
    """What rules look at: all text, and what a request has whatever its wording is."""

    text: str
    last: str
    model: str
    turn: int
    """How many messages of the assistant's there are."""
    tools: bool
    """Whether any are offered."""
    properties: str
    """The names of the properties of the JSON that is asked for, with spaces between; "" where none is."""
    after: str
    """The call of a tool that the last message answers: its name and its arguments in JSON. "" if it answers none."""
    files: Mapping[str, str]
    """The files of a program (path to text) as godel.contract.display shows them, each as it was shown last."""
    seed: bool
    """Whether all files of the scaffold beside the script are shown, as they are there."""

    @staticmethod
    def of(request: Mapping[str, Any], seed: Mapping[str, str]) -> Conversation:
        messages = request["messages"]
        texts = [text_of(message) for message in messages]
        files = shown_files(
            [text for message, text in zip(messages, texts, strict=True) if message["role"] != ASSISTANT]
        )
        return Conversation(
            text="\n".join(texts),
            last=texts[-1],
            model=request["model"],
            turn=sum(message["role"] == ASSISTANT for message in messages),
            tools=bool(request.get("tools")) and request.get("tool_choice") != "none",
            properties=" ".join(_properties(request)),
            after=_answered(messages),
            files=files,
            seed=bool(seed) and all(files.get(path) == text.rstrip("\n") for path, text in seed.items()),
        )


def shown_files(texts: Sequence[str]) -> dict[str, str]:
    """The files (path to text, without the last line's end) that some messages show."""
    return {each["path"]: each["code"] for text in texts for each in SHOWN.finditer(text)}


def _properties(request: Mapping[str, Any]) -> list[str]:
    """Of the schema that is asked for; a request may be anything."""
    node: Any = request
    for key in ("response_format", "json_schema", "schema", "properties"):
        node = node.get(key) if isinstance(node, Mapping) else None
    return [str(name) for name in node] if isinstance(node, Mapping) else []


def _answered(messages: Sequence[Mapping[str, Any]]) -> str:
    wanted = messages[-1].get("tool_call_id") if messages[-1]["role"] == "tool" else None
    calls = [call for message in messages for call in message.get("tool_calls") or () if isinstance(call, Mapping)]
    functions = [call.get("function") for call in calls if wanted is not None and call.get("id") == wanted]
    called = functions[-1] if functions else None
    return f"{called.get('name')} {called.get('arguments')}" if isinstance(called, Mapping) else ""


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

    def message(self, groups: Mapping[str, str], id: str) -> dict[str, Any]:
        """As an assistant's message, with `groups` put in; the ids of its calls begin with `id`."""
        first = [Call(name=self.tool, arguments=self.arguments)] if self.tool else []
        calls = [_called(call, groups, f"{id}_{index}") for index, call in enumerate([*first, *self.calls])]
        message = {"role": "assistant", "content": filled(self.text, groups) if self.text else None}
        return {**message, "tool_calls": calls} if calls else message


class Rule(Section, strict=True):
    """Replies, and regular expressions and facts that a conversation has to fit (see Conversation)."""

    when: str = ""
    unless: str | None = None
    last: str = ""
    model: str = ""
    tools: bool | None = None
    turn: Annotated[int, whole(0, 1_000_000)] | None = None
    properties: str = ""
    after: str = ""
    files: dict[str, str] | None = None
    seed: bool | None = None
    reply: tuple[Reply, ...] = ()

    def groups(self, conversation: Conversation) -> dict[str, str] | None:
        """The named groups of `when` and `files` in a conversation that fits, None for one that does not."""
        if self._differs(conversation):
            return None
        patterns = [(self.when, conversation.text)]
        for path, pattern in (self.files or {}).items():
            if path not in conversation.files:
                return None
            patterns.append((pattern, conversation.files[path]))
        matches = [re.search(pattern, text, FLAGS) for pattern, text in patterns]
        groups = [each.groupdict("") for each in matches if each]
        return dict(ChainMap(*groups)) if len(groups) == len(patterns) else None

    def _differs(self, conversation: Conversation) -> bool:
        if self.unless is not None and re.search(self.unless, conversation.text, FLAGS):
            return True
        texts = ("last", "model", "properties", "after")
        facts = ("tools", "turn", "seed")
        return any(not re.search(getattr(self, key), getattr(conversation, key), FLAGS) for key in texts) or any(
            getattr(self, key) not in (None, getattr(conversation, key)) for key in facts
        )


def filled(text: str, groups: Mapping[str, str]) -> str:
    """`text` with each {{word}} of `groups` put in; what else is in double braces stays."""
    return WORD.sub(lambda match: groups.get(match[1], match[0]), text)


def last_code(text: str) -> str:
    """The last fenced code block of `text`, or ""."""
    blocks = [match["code"] for match in FENCED.finditer(text)]
    return blocks[-1] if blocks else ""


def _called(call: Call, groups: Mapping[str, str], id: str) -> dict[str, Any]:
    arguments = call.arguments if isinstance(call.arguments, str) else json.dumps(_put(call.arguments, groups))
    return {"id": id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _put(value: Any, groups: Mapping[str, str]) -> Any:
    """`value` with the groups put into every text of it."""
    if isinstance(value, str):
        return filled(value, groups)
    if isinstance(value, dict):
        return {key: _put(each, groups) for key, each in value.items()}
    return [_put(each, groups) for each in value] if isinstance(value, list) else value
