"""What the agent can do. Whatever comes of it is an observation, and so is an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mirror
import snippet
import state
from state import State

from godel.contract import ToolCall, in_words, parameters
from godel.contract.editing import TOOLS as EDITING
from godel.contract.editing import Edited, EditFailed, by_tool, from_reply


def tool(name: str, description: str, **arguments: str) -> dict[str, Any]:
    properties = {key: {"type": "string", "description": text} for key, text in arguments.items()}
    schema = {"type": "object", "properties": properties, "required": list(arguments), "additionalProperties": False}
    return {"name": name, "description": description, "parameters": schema}


TOOLS = [
    tool("read", "Read a file as it is now; your own source is the code that runs.", path="The file."),
    *EDITING,
    tool("run_code", "Run Python here and see what it prints. `files` has the text of every file.", code="The code."),
    tool("evaluate", "Measure the program as it is now. Of you, that is how well you improve other programs."),
    tool("ask_model", "Ask a language model something, without this conversation.", question="The question."),
    tool("finish", "Hand in and end."),
]


def act(me: State, call: ToolCall) -> str:
    if call.problem:
        return f"Your call of {call.name} can't be read: {call.problem}"
    try:
        if call.name in ACTIONS:
            return ACTIONS[call.name](me, **call.arguments)
        return take(me, by_tool(me.tree, call))
    except EditFailed as failed:
        return f"Nothing changed: {failed}. The tools are {', '.join(each['name'] for each in TOOLS)}."
    except (Exception, SystemExit) as error:
        return f"That failed: {snippet.told(error)}"


def say(me: State, reply: str) -> str:
    """A reply that calls no tool is taken for an edit."""
    try:
        return take(me, from_reply(me.tree, reply))
    except EditFailed as failed:
        return f"No tool was called, and as an edit your reply fails: {failed}"
    except (Exception, SystemExit) as error:
        return f"That failed: {snippet.told(error)}"


def take(me: State, edited: Edited) -> str:
    """The edit is made; one of the agent's own source takes effect at once."""
    expected = parameters(me.program)
    if expected is not None and parameters(edited.program) != expected:
        raise EditFailed(f"{me.program.entry} must still offer improve({', '.join(expected)})")
    targets = [edit.target for edit in edited.program.edits[len(me.tree.edits) :]]
    mirror.become(me.tree, edited.program)
    me.tree, me.__class__ = edited.program, state.State
    return "\n".join([f"Changed: {', '.join(targets)}.", *edited.notes])


def read(me: State, path: str) -> str:
    if path not in me.tree.files:
        return f"There is no file {path!r}; there are {', '.join(me.tree.files)}"
    return f"File: {path}\n{me.tree.files[path]}"


def run_code(me: State, code: str) -> str:
    return snippet.run(code, {"__name__": "snippet", "files": dict(me.tree.files)}, me.rng.getrandbits(32))


def evaluate(me: State) -> str:
    if not me.utility.remaining:
        return "There is no measurement left."
    score = me.score(mirror.candidate(me.tree))
    return f"Utility {in_words(score)}; the best so far has {me.best_score:.4f}. {me.utility.remaining} times more."


def ask_model(me: State, question: str) -> str:
    return me.model(question)[0]


def finish(me: State) -> str:
    if mirror.candidate(me.tree) == me.program:
        return "You have changed nothing yet: what you hand in has to differ from what you were given."
    me.finished = True
    return "Handed in."


ACTIONS: dict[str, Callable[..., str]] = {
    "read": read,
    "run_code": run_code,
    "evaluate": evaluate,
    "ask_model": ask_model,
    "finish": finish,
}
