"""The same edits as functions that a model may call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from godel.contract import Program, ToolCall

from .applied import Edited
from .blocks import Block, search_replace
from .errors import EditFailed
from .files import is_module, whole_file
from .functions import replace_function
from .paths import existing
from .source import complete
from .wholes import refuse_part


def _tool(
    name: str, description: str, required: tuple[str, ...], properties: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return {"name": name, "description": description, "parameters": schema}


def _text(description: str) -> dict[str, str]:
    return {"type": "string", "description": description}


PATH = _text("The file. By default the only one that has what is replaced.")
TOOLS: list[dict[str, Any]] = [
    _tool(
        "write_file",
        "Give a file of the program a new text, as a whole.",
        ("path", "content"),
        {
            "path": _text("The file: one that the program has."),
            "content": _text("Its whole new text."),
        },
    ),
    _tool(
        "search_replace",
        "Replace some lines of a file by others.",
        ("search", "replace"),
        {
            "search": _text("Whole lines, exactly as they stand in the file, and in one place only."),
            "replace": _text("The lines that shall stand there instead; empty to delete."),
            "path": PATH,
        },
    ),
    _tool(
        "replace_function",
        "Replace functions, methods or classes by their names.",
        ("source",),
        {
            "source": _text("One `def` or `class`, or several, whole. Of a class, some methods alone will do."),
            "name": _text("For a single method shown without its class: where it belongs, as in Walk.step."),
            "path": PATH,
        },
    ),
]
"""In the form that Model takes."""


def by_tool(program: Program, call: ToolCall) -> Edited:
    """The program after one call of one of TOOLS. Raises EditFailed."""
    if call.problem:
        raise EditFailed(f"the call of {call.name} can't be read: {call.problem}")
    schemas = {tool["name"]: tool["parameters"] for tool in TOOLS}
    if call.name not in schemas:
        raise EditFailed(f"there is no tool {call.name!r}: the tools are {', '.join(schemas)}")
    _check(call, schemas[call.name])
    required = schemas[call.name]["required"]
    given = {name: text for name, text in call.arguments.items() if text or name in required}
    return CALLED[call.name](program, **given)


def _check(call: ToolCall, schema: Mapping[str, Any]) -> None:
    known, given = schema["properties"], call.arguments
    missing = [name for name in schema["required"] if name not in given]
    unknown = [str(name) for name in given if name not in known]
    wrong = [name for name in known if name in given and not isinstance(given[name], str)]
    for names, problem in ((missing, "missing"), (unknown, "unknown"), (wrong, "not a string")):
        if names:
            raise EditFailed(f"{call.name} takes {', '.join(known)}; {problem}: {', '.join(names)}")


def _write_file(program: Program, path: str, content: str) -> Edited:
    path = existing(program, path)
    if is_module(path):
        refuse_part(program.files, path, complete(content))
    return whole_file(program, content, path)


def _search_replace(program: Program, search: str, replace: str, path: str = "") -> Edited:
    return search_replace(program, [Block(search, replace, path)])


CALLED: dict[str, Callable[..., Edited]] = {
    "write_file": _write_file,
    "search_replace": _search_replace,
    "replace_function": replace_function,
}
NAMES = tuple(CALLED)
