"""What the agent can do with its draft; what can't be done is told to it as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import prompts
from draft import Draft

from godel.contract import ToolCall
from godel.contract.editing import TOOLS as EDITING
from godel.contract.editing import EditFailed, by_tool, from_reply


def tool(name: str, description: str, **arguments: str) -> dict[str, Any]:
    properties = {key: {"type": "string", "description": text} for key, text in arguments.items()}
    schema = {"type": "object", "properties": properties, "required": list(arguments), "additionalProperties": False}
    return {"name": name, "description": description, "parameters": schema}


TOOLS = [
    tool("view", "See a file as it is now.", path="The file."),
    *EDITING,
    tool("run", "Compile and import every file as it is now, and see what goes wrong."),
    tool("evaluate", "Measure the program as it is now."),
    tool("done", "Hand the program in."),
]
NAMES = [each["name"] for each in TOOLS]


def use(draft: Draft, call: ToolCall) -> str:
    if call.problem:
        return f"Your call of {call.name} can't be read: {call.problem}"
    if call.name in OWN:
        return use_own(draft, call)
    if call.name not in NAMES:
        return f"There is no tool {call.name!r}: the tools are {', '.join(NAMES)}."
    try:
        return draft.take(by_tool(draft.now, call))
    except EditFailed as failed:
        return f"Nothing was edited: {failed}"


def use_own(draft: Draft, call: ToolCall) -> str:
    takes = next(each["parameters"]["required"] for each in TOOLS if each["name"] == call.name)
    if sorted(call.arguments) != takes or not all(isinstance(value, str) for value in call.arguments.values()):
        return f"{call.name} takes {', '.join(takes) or 'no arguments'}, as text; given: {', '.join(call.arguments)}"
    return OWN[call.name](draft, **call.arguments)


def as_text(draft: Draft, reply: str) -> str:
    """A reply that calls no tool is taken for an edit."""
    try:
        return draft.take(from_reply(draft.now, reply))
    except EditFailed as failed:
        return f"No tool was called, and as an edit your reply fails: {failed}"


def view(draft: Draft, path: str) -> str:
    if path not in draft.now.files:
        return f"There is no file {path!r}; there are {', '.join(draft.now.files)}"
    return f"File: {path}\n{draft.now.files[path]}"


def run(draft: Draft) -> str:
    return draft.problem() or "Every file compiles and can be imported, as far as its libraries are here."


def evaluate(draft: Draft) -> str:
    if not draft.utility.remaining:
        return "Nothing can be measured: there is no call left."
    score = draft.measure(draft.now)
    return f"This version: {prompts.measured(score)} It can be measured {draft.utility.remaining} times more."


def done(draft: Draft) -> str:
    if not draft.changed:
        return "Nothing is edited yet: that is no solution."
    if problem := draft.problem():
        return f"It can't be handed in: {problem}"
    draft.done = True
    return "Handed in."


OWN: dict[str, Callable[..., str]] = {"view": view, "run": run, "evaluate": evaluate, "done": done}
