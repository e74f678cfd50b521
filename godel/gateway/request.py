"""A guest's request to a model: untrusted JSON until it has been through here."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from godel.contract.limits import NAME_CHARACTERS

from . import NoRequest

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Function(Part):
    name: Name
    arguments: str


class Call(Part):
    id: str
    type: Literal["function"] = "function"
    function: Function


class Message(Part):
    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    tool_calls: tuple[Call, ...] = ()
    tool_call_id: str = ""


class Tool(Part):
    name: Name
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)


class Request(Part):
    """As a scaffold sends it (see the guest's RemoteModel)."""

    messages: tuple[Message, ...] = Field(min_length=1)
    n: int = Field(1, ge=1, le=64)
    temperature: float = Field(1.0, ge=0.0, le=2.0, allow_inf_nan=False)
    stop: tuple[Annotated[str, Field(min_length=1)], ...] = Field((), max_length=4)
    max_tokens: int | None = Field(None, ge=1)
    tools: tuple[Tool, ...] = Field((), max_length=64)
    output: dict[str, Any] | None = Field(None, alias="schema")
    name: str = Field("", max_length=NAME_CHARACTERS)

    @model_validator(mode="after")
    def _sendable(self) -> Request:
        self.model_dump_json().encode()  # half a surrogate pair can't be sent
        return self

    @property
    def size(self) -> int:
        """Bytes of all that the model has to read. A token is at least one byte, so this bounds the tokens."""
        return len(self.model_dump_json(include={"messages", "tools", "output"}).encode())

    def sent(self) -> dict[str, Any]:
        """As the chat-completions API takes it, without model, n and seed."""
        messages = [
            each.model_dump(mode="json", exclude_defaults=True) | {"content": each.content} for each in self.messages
        ]
        body: dict[str, Any] = {"messages": messages, "temperature": self.temperature}
        if self.stop:
            body["stop"] = list(self.stop)
        if self.tools:
            body["tools"] = [{"type": "function", "function": tool.model_dump()} for tool in self.tools]
        if self.output is not None:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "reply", "schema": self.output, "strict": True},
            }
        return body


def parse(data: Any) -> Request:
    """Raises NoRequest, naming the first thing that is wrong."""
    try:
        return Request.model_validate_json(json.dumps(data, allow_nan=False))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the request"
        raise NoRequest(f"model: {where}: {first['msg']}") from None
    except ValueError as error:
        raise NoRequest(f"model: {error}") from None
