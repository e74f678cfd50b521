"""What may be asked: a language model behind the host's gateway, and what it replies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypedDict, Unpack


class ToolCall(NamedTuple):
    """A function that the model wants called, with its arguments. One whose arguments were no
    JSON object has `problem` instead, for the model to be told."""

    name: str
    arguments: Mapping[str, Any]
    id: str = ""
    problem: str = ""


class Reply(str):
    """What a model wrote, with the tools that it wants called. `model` is who wrote it, `finish_reason` why it ended,
    in the words of the chat-completions API."""

    tool_calls: tuple[ToolCall, ...]
    model: str
    finish_reason: str

    def __new__(
        cls, text: str, tool_calls: Sequence[ToolCall] = (), model: str = "", finish_reason: str = "stop"
    ) -> Reply:
        reply = super().__new__(cls, text)
        reply.tool_calls, reply.model, reply.finish_reason = tuple(tool_calls), model, finish_reason
        return reply

    @property
    def cut_off(self) -> bool:
        """Whether it ended at its limit of tokens, with the rest of it missing."""
        return self.finish_reason == "length"

    def message(self) -> dict[str, Any]:
        """As a message of the conversation that goes on from here."""
        calls = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments))},
            }
            for call in self.tool_calls
        ]
        return {"role": "assistant", "content": str(self), **({"tool_calls": calls} if calls else {})}


class ModelUnavailable(Exception):
    """This run has no language model; scaffolds that need one refuse with this."""


class RequestRefused(Exception):
    """The model can't be asked this: too long, or something that it does not have. Asking again is no use."""


Messages = str | Sequence[Mapping[str, Any]]
"""One user message, or a conversation: {"role": "system" | "user" | "assistant" | "tool", "content": …}."""


class ModelOptions(TypedDict, total=False):
    """What a request may say besides, by keyword."""

    stop: Sequence[str]
    max_tokens: int | None
    tools: Sequence[Mapping[str, Any]]
    """Functions as {"name", "description", "parameters" (JSON schema)}."""
    schema: Mapping[str, Any] | None
    """The JSON schema of the reply, where the model has that."""
    name: str
    """One of the model's `names`."""


class Model(Protocol):
    """A language model behind the host's gateway. It may be absent.

    `names` are the models of this run, first choice first; `remaining` counts the calls left.
    """

    available: bool
    names: tuple[str, ...]
    remaining: int

    def __call__(
        self, prompt: Messages, n: int = 1, temperature: float = 1.0, **options: Unpack[ModelOptions]
    ) -> list[Reply]:
        """n replies. Raises ModelUnavailable, BudgetExhausted or RequestRefused."""
