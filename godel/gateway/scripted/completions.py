"""OpenAI's chat completions, as far as they are spoken here: what a request may hold, what answers it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

BYTES_PER_TOKEN = 4
"""There is no tokenizer here: a token is four bytes of UTF-8, and every text has at least one."""

LIMITS = {"n": (1, 128), "max_tokens": (1, 2**31), "max_completion_tokens": (1, 2**31)}
MOST_STOPS = 4


class BadRequest(Exception):
    """The request can't be answered, and to ask again is no use."""


@dataclass(frozen=True)
class Response:
    """What goes over the wire. `length` is the one that is announced, if not the body's own."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None


def checked(request: Any) -> dict[str, Any]:
    """`request`, if it can be answered; a null counts as absent. Raises BadRequest."""
    if not isinstance(request, dict):
        raise BadRequest("the body must be a JSON object")
    given = {key: value for key, value in request.items() if value is not None}
    _check_messages(given.get("messages"))
    if not isinstance(given.get("model"), str):
        raise BadRequest("'model' must be text")
    for key, (least, most) in LIMITS.items():
        value = given.get(key, least)
        if type(value) is not int or not least <= value <= most:
            raise BadRequest(f"'{key}' must be a whole number from {least} to {most}; given: {value!r}")
    temperature = given.get("temperature", 1)
    if type(temperature) not in (int, float) or not 0 <= temperature <= 2:
        raise BadRequest(f"'temperature' must be a number from 0 to 2; given: {temperature!r}")
    if given.get("stream"):
        raise BadRequest("'stream' is not offered here: ask without it")
    stops(given)
    return given


def _check_messages(messages: Any) -> None:
    if not isinstance(messages, list) or not messages:
        raise BadRequest("'messages' must be a list with at least one message")
    for number, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise BadRequest(f"'messages[{number}]' must be an object with a role")
        if not isinstance(message.get("content"), str | list | None):
            raise BadRequest(f"'messages[{number}].content' must be text, a list of parts or null")


def stops(request: Mapping[str, Any]) -> list[str]:
    """The texts that end a reply. Raises BadRequest."""
    given = request.get("stop", [])
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or len(texts) > MOST_STOPS or not all(isinstance(text, str) for text in texts):
        raise BadRequest(f"'stop' must be text or up to {MOST_STOPS} texts; given: {given!r}")
    return [text for text in texts if text]


def text_of(message: Mapping[str, Any]) -> str:
    """What a message says, of a list of parts those that are text."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))


def most_tokens(request: Mapping[str, Any]) -> int:
    """Of one reply, by either name."""
    return min(int(request.get(key, 2**31)) for key in ("max_tokens", "max_completion_tokens"))


def finished(message: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """`message` as a choice, cut where `stop` and `max_tokens` say; what was to be called after a cut is not."""
    text, reason = message["content"] or "", "tool_calls" if "tool_calls" in message else "stop"
    if ends := [text.index(stop) for stop in stops(request) if stop in text]:
        text, reason = text[: min(ends)], "stop"
    most = most_tokens(request)
    if tokens(text) > most:
        text, reason = _encoded(text)[: most * BYTES_PER_TOKEN].decode(errors="ignore"), "length"
    if text == (message["content"] or ""):
        return {"message": dict(message), "finish_reason": reason}
    return {"message": {"role": "assistant", "content": text}, "finish_reason": reason}


def completion(request: Mapping[str, Any], choices: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The whole answer. The same request is answered by the same bytes: it has no time and no random id."""
    asked = tokens("\n".join(_spoken(message) for message in request["messages"]) + _json(request.get("tools", "")))
    given = sum(tokens(_spoken(choice["message"])) for choice in choices)
    return {
        "id": f"chatcmpl-{digest(request)[:24]}",
        "object": "chat.completion",
        "created": 0,
        "model": request["model"],
        "choices": [{"index": index, "logprobs": None, **choice} for index, choice in enumerate(choices)],
        "usage": {"prompt_tokens": asked, "completion_tokens": given, "total_tokens": asked + given},
    }


def refused(
    status: int, message: str, kind: str = "invalid_request_error", code: str | None = None, **headers: str
) -> Response:
    """An error, in OpenAI's shape."""
    return answered({"error": {"message": message, "type": kind, "code": code}}, status, **headers)


def answered(body: Mapping[str, Any], status: int = 200, **headers: str) -> Response:
    return Response(status, json.dumps(body).encode(), headers)


def digest(value: Any) -> str:
    """SHA-256 of canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def tokens(text: str) -> int:
    return max(1, -(-len(_encoded(text)) // BYTES_PER_TOKEN))


def _spoken(message: Mapping[str, Any]) -> str:
    """All that counts as tokens: the text, or the refusal, and the functions called."""
    return (text_of(message) or message.get("refusal") or "") + _json(message.get("tool_calls", ""))


def _json(value: Any) -> str:
    return json.dumps(value) if value else ""


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")  # JSON lets halves of a surrogate pair through
