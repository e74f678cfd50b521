"""Asks a model through litellm, once. A failure becomes one of three: ProviderFailed (it may pass, so try again),
Refused (this request will never be answered), Unavailable (no request will: a key or a name is wrong)."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from typing import Any, Protocol

from godel.config import Models
from godel.contract.limits import NAME_CHARACTERS, TOOL_CALLS
from godel.errors import Declined, ProviderFailed, Unavailable
from godel.lineage.store.codec import dumps
from godel.sandbox.guest.json_lines import decoded

from . import Answer, RecordedReply, Refused
from .libraries import litellm
from .prices import Price
from .redact import redacted, redacted_error

BYTES_A_TOKEN = 32
"""More than any reply's: one that is longer than its tokens allow is none."""
DENIED = ("AuthenticationError", "PermissionDeniedError", "NotFoundError", "PaymentRequiredError")
REFUSED = ("BadRequestError", "UnprocessableEntityError")


class Provider(Protocol):
    """Thread-safe."""

    def answer(self, model: str, body: Mapping[str, Any], n: int) -> Answer:
        """`body`: a request of the chat-completions API, without model and n. Raises ProviderFailed (Declined
        too), Refused or Unavailable."""


class LiteLLM:
    """Keys come from the environment. None goes to `api_base` but the one that `key_env` names."""

    def __init__(self, models: Models, prices: Mapping[str, Price]) -> None:
        self._models, self._prices = models, prices
        supported = litellm().get_supported_openai_params
        self._at_once = {name for name in models.names if "n" in (supported(name) or ())}

    def answer(self, model: str, body: Mapping[str, Any], n: int) -> Answer:
        started = time.perf_counter()
        responses = (
            [self._ask(model, body, n)]
            if model in self._at_once
            else [self._ask(model, {**body, "seed": body["seed"] + number}, 1) for number in range(n)]
        )
        prompt, reply = (
            sum(getattr(each.usage, name) for each in responses) for name in ("prompt_tokens", "completion_tokens")
        )
        replies = tuple(reply_of(choice, body["max_tokens"]) for each in responses for choice in each.choices)
        if len(replies) != n:
            raise Declined(f"{model} gave {len(replies)} replies, {n} were asked for")
        dollars = self._prices[model].of(prompt, reply)
        return Answer(replies, prompt + reply, dollars, time.perf_counter() - started)

    def _ask(self, model: str, body: Mapping[str, Any], n: int) -> Any:
        more = {"api_base": self._models.api_base, "api_key": self._key()} if self._models.api_base else {}
        counted = {"n": n} if n > 1 else {}
        try:
            return litellm().completion(
                model=model, timeout=self._models.timeout_s, num_retries=0, max_retries=0, **body, **counted, **more
            )
        except Exception as error:
            raise translated(error) from error

    def _key(self) -> str:
        return os.environ.get(self._models.key_env, "") if self._models.key_env else "none"


def translated(error: Exception) -> Exception:
    """What litellm raised, as one of ours; `error` itself where litellm did not mean to raise it."""
    ours = counterpart(type(error))
    if ours is None:
        return error
    text = redacted_error(f"{type(error).__name__}: {error}")[:500]
    if ours is Unavailable:
        return Unavailable(f"the provider will not answer: {text}")
    return Refused(text) if ours is Refused else ProviderFailed(text, retry_after(error))


def counterpart(kind: type[Exception]) -> type[Exception] | None:
    """Which of ours an error of litellm is; None for one that it did not mean to raise."""
    names = {each.__name__ for each in kind.__mro__}
    if names & set(DENIED):
        return Unavailable
    if names & set(REFUSED):
        return Refused
    return ProviderFailed if "APIError" in names else None  # of the SDK: limits, time, connections, 5xx, no JSON


def retry_after(error: Exception) -> float | None:
    """Seconds that the provider asked us to wait."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return max(0.0, float(headers["retry-after"]))
    except (KeyError, ValueError):  # none, or a date
        return None


def reply_of(choice: Any, max_tokens: int) -> RecordedReply:
    """A choice as a reply. Raises Declined for one that says nothing."""
    message = choice.message
    text = redacted(message.content or "")
    calls = [tool_call(call, max_tokens * BYTES_A_TOKEN) for call in (message.tool_calls or ())[:TOOL_CALLS]]
    if getattr(message, "refusal", None) or choice.finish_reason == "content_filter":
        raise Declined(f"the model declines: {redacted(str(getattr(message, 'refusal', '') or text))[:200]}")
    if len(text.encode(errors="replace")) > max_tokens * BYTES_A_TOKEN:
        raise Declined(f"a reply of {len(text)} characters, where {max_tokens} tokens were asked for")
    if not text and not calls and choice.finish_reason != "length":
        raise Declined(f"an empty reply (finish_reason {choice.finish_reason})")
    return RecordedReply(text=text, tool_calls=calls)


def tool_call(call: Any, most: int) -> dict[str, Any]:
    """A call, whose arguments have at most `most` bytes. What can't be read is told in `problem`."""
    arguments, problem = {}, ""
    try:
        line = redacted(call.function.arguments or "{}").encode()
        if len(line) > most:
            raise ValueError(f"{len(line)} bytes of them")
        arguments = json.loads(dumps(decoded(line)))  # in the records' order, with nothing that they can't hold
    except ValueError as error:
        problem = f"the arguments are no JSON: {error}"
    if not isinstance(arguments, dict):
        arguments, problem = {}, "the arguments are no JSON object"
    name, number = (str(each)[:NAME_CHARACTERS] for each in (call.function.name, call.id))
    return {"name": name, "arguments": arguments, "id": number, "problem": problem}
