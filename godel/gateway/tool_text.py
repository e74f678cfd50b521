"""Tools for a model that knows none: told in words, and called by a JSON object in the reply."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

FORM = """\
You can call tools. To call one, end your reply with a JSON object in a fence, and nothing after it:

```json
{"tool": "NAME", "arguments": {}}
```

The tools, each with the JSON schema of its arguments:
"""
BLOCK = '```json\n{"tool": %s, "arguments": %s}\n```'
CALL = re.compile(r"```(?:json|tool_call|tool)?[ \t]*\n(\{.*?\})[ \t]*\n?```", re.S)
Message = Mapping[str, Any]


def told(body: Mapping[str, Any]) -> dict[str, Any]:
    """A request without tools, that says in words what they are and what was called."""
    tools = [tool["function"] for tool in body["tools"]]
    listed = "\n".join(f"- {each['name']}: {each['description']} {json.dumps(each['parameters'])}" for each in tools)
    messages = [in_words(message) for message in body["messages"]]
    rest = {name: value for name, value in body.items() if name not in ("tools", "messages")}
    return {**rest, "messages": [{"role": "system", "content": FORM + listed}, *messages]}


def in_words(message: Message) -> Message:
    """A message without calls, and none of a tool's."""
    if message["role"] == "tool":
        return {"role": "user", "content": f"The tool says:\n{message['content']}"}
    if not message.get("tool_calls"):
        return message
    calls = (each["function"] for each in message["tool_calls"])
    blocks = (BLOCK % (json.dumps(each["name"]), each["arguments"]) for each in calls)
    return {"role": message["role"], "content": "\n".join(filter(None, [message["content"], *blocks]))}


def calls_in(text: str) -> tuple[str, list[dict[str, Any]]]:
    """The text without the calls in it, and these in the form of the chat-completions API."""
    calls: list[dict[str, Any]] = []

    def taken(match: re.Match[str]) -> str:
        function = function_in(match[1])
        if function is None:
            return match[0]
        calls.append({"id": f"call_{len(calls)}", "function": function})
        return ""

    rest = CALL.sub(taken, text)
    return (rest.strip(), calls) if calls else (text, [])


def function_in(block: str) -> dict[str, str] | None:
    """The call that a JSON object is; None for any other."""
    try:
        call = json.loads(block)
    except (ValueError, RecursionError):
        return None
    if not isinstance(call, dict) or not isinstance(call.get("tool"), str):
        return None
    return {"name": call["tool"], "arguments": json.dumps(call.get("arguments", {}))}
