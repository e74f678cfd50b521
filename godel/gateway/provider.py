"""Asks a model, and makes up for what its server leaves out. A failure becomes one of three: ProviderFailed (it may
pass, so try again), Refused (this request will never be answered), Unavailable (no request will: a key or a name is
wrong)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from godel.contract.limits import NAME_CHARACTERS, TOOL_CALLS
from godel.errors import Declined, ProviderFailed, Unavailable
from godel.lineage.store.codec import dumps
from godel.sandbox.guest.json_lines import decoded

from . import RecordedReply, Refused, Thinking
from .cause import system_cause
from .libraries import litellm
from .parameters import OPTIONAL, Parameters
from .redact import redacted, redacted_error
from .tool_text import calls_in

TOKENIZER = "gpt-4o"
"""Whose tokens are counted where a server does not say."""
BYTES_A_TOKEN = 32
"""More than any reply's: one that is longer than its tokens allow is none."""
DENIED = ("AuthenticationError", "PermissionDeniedError", "NotFoundError", "PaymentRequiredError")
REFUSED = ("BadRequestError", "UnprocessableEntityError")


class Endpoint(Protocol):
    """Who is asked: one request, one response, as the chat-completions API has them. Thread-safe."""

    @property
    def where(self) -> str:
        """Who is asked, in words."""

    def takes_n(self, model: str) -> bool:
        """Whether several replies can be asked for at once; it may give fewer all the same."""

    def complete(self, model: str, body: Mapping[str, Any]) -> Any:
        """Raises errors of litellm and of its clients."""


@dataclass
class Bill:
    """What one call has cost so far, over all its tries, and what was noticed."""

    prompt: int = 0
    reply: int = 0
    remarks: list[str] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        return self.prompt + self.reply

    def remark(self, what: str) -> None:
        if what not in self.remarks:
            self.remarks.append(what)


class Provider(Protocol):
    """Thread-safe."""

    def answer(self, model: str, body: Mapping[str, Any], n: int, bill: Bill) -> tuple[RecordedReply, ...]:
        """`body`: a request of the chat-completions API, without model and n. Whatever is answered goes on the
        `bill`, used or not. Raises ProviderFailed (Declined too), Refused or Unavailable."""


class Chat:
    """Whatever its endpoint leaves out of the API is made up for: replies that are missing are asked for singly,
    parameters that are refused are left out, tokens that are not counted are counted here."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint, self._parameters = endpoint, Parameters()

    def answer(self, model: str, body: Mapping[str, Any], n: int, bill: Bill) -> tuple[RecordedReply, ...]:
        together = n if self._endpoint.takes_n(model) else 1
        replies = self._ask(model, body, together, bill)
        if len(replies) < together:
            bill.remark(f"{model} gives {len(replies)} of {together} replies at once: the others are asked for singly")
        while len(replies) < n:
            replies += self._ask(model, {**body, "seed": body["seed"] + len(replies)}, 1, bill)
        return tuple(replies[:n])

    def _ask(self, model: str, body: Mapping[str, Any], n: int, bill: Bill) -> list[RecordedReply]:
        """At least one reply."""
        response, sent = self._complete(model, {**body, **({"n": n} if n > 1 else {})}, bill)
        choices = response.get("choices") if isinstance(response, dict) else None
        if not isinstance(choices, list) or not all(isinstance(each, dict) for each in choices):
            raise ProviderFailed(f"{model}: what came is no chat completion")
        charge(bill, model, sent, response, choices)
        tools_in_text = "tools" in body and "tools" not in sent
        return worth_having(model, lambda each: reply_of(each, body["max_tokens"], tools_in_text), choices[:n])

    def _complete(self, model: str, body: Mapping[str, Any], bill: Bill) -> tuple[Any, Mapping[str, Any]]:
        """The response, and the request that was answered."""
        for _ in range(len(OPTIONAL) + 1):
            sent = self._parameters.fitting(model, body)
            try:
                return self._endpoint.complete(model, sent), sent
            except Exception as error:
                left_out = self._parameters.learn(model, sent, error)
                if not left_out:
                    raise translated(error, self._endpoint.where) from error
                bill.remark(left_out)
        raise Refused(f"{model} refuses every form of this request")


def worth_having(model: str, read: Callable[[Any], RecordedReply], choices: list[Any]) -> list[RecordedReply]:
    """The choices that say something. Raises why the last does not where none does."""
    replies = list[RecordedReply]()
    why: Declined | Refused = Declined(f"{model} gave no reply")
    for each in choices:
        try:
            replies.append(read(each))
        except (Declined, Refused) as problem:
            why = problem
    if not replies:
        raise why
    return replies


def charge(bill: Bill, model: str, sent: Mapping[str, Any], response: Mapping[str, Any], choices: list[Any]) -> None:
    """By the response's own count, or by one made here."""
    usage = mapping(response.get("usage"))
    prompt, reply = (usage.get(name) for name in ("prompt_tokens", "completion_tokens"))
    if not (isinstance(prompt, int) and isinstance(reply, int) and prompt > 0 and reply >= 0):
        bill.remark(f"{model} does not say how many tokens it used: they are counted here")
        prompt, reply = counted(sent["messages"]), counted([each.get("message") for each in choices])
    bill.prompt += prompt
    bill.reply += reply


def counted(what: Any) -> int:
    """Tokens, by one model's tokenizer: others differ by a few per cent."""
    return int(litellm().token_counter(model=TOKENIZER, text=json.dumps(what, ensure_ascii=False)))


def translated(error: Exception, where: str = "the provider") -> Exception:
    """What litellm raised, as one of ours; `error` itself where litellm did not mean to raise it. Where the system did
    not reach `where`, that comes first: the libraries say no more than "connection error"."""
    ours = counterpart(type(error))
    if ours is None:
        return error
    text = redacted_error(f"{type(error).__name__}: {error}")[:500]
    if ours is Unavailable:
        return Unavailable(f"the provider will not answer: {text}")
    if ours is Refused:
        return Refused(text)
    cause = system_cause(error)
    return ProviderFailed(f"{cause} at {where} ({text})" if cause else text, retry_after(error))


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


def reply_of(choice: Mapping[str, Any], max_tokens: int, tools_in_text: bool = False) -> RecordedReply:
    """A choice as a reply. Raises Declined for one that says nothing, Thinking where all tokens went into that."""
    message = mapping(choice.get("message"))
    text, given = redacted(text_of(message.get("content"))), message.get("tool_calls")
    if tools_in_text:
        text, given = calls_in(text)
    calls = [
        tool_call(mapping(call), max_tokens * BYTES_A_TOKEN)
        for call in (given if isinstance(given, list) else [])[:TOOL_CALLS]
    ]
    why = str(choice.get("finish_reason") or "")[:NAME_CHARACTERS]
    if message.get("refusal") or why == "content_filter":
        raise Declined(f"the model declines: {redacted(str(message.get('refusal') or text))[:200]}")
    if len(text.encode(errors="replace")) > max_tokens * BYTES_A_TOKEN:
        raise Declined(f"a reply of {len(text)} characters, where {max_tokens} tokens were asked for")
    if not text and not calls:
        if why == "length":
            raise Thinking(f"all {max_tokens} tokens went into thinking, none into the reply")
        raise Declined(f"an empty reply (finish_reason {why})")
    return RecordedReply(text=text, tool_calls=calls, finish_reason=why)


def mapping(value: Any) -> Mapping[str, Any]:
    """What a server sent in place of an object is none."""
    return value if isinstance(value, dict) else {}


def text_of(content: Any) -> str:
    """What a message says, of a list of parts those that are text."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")


def tool_call(call: Mapping[str, Any], most: int) -> dict[str, Any]:
    """A call, whose arguments have at most `most` bytes. What can't be read is told in `problem`."""
    arguments, problem, function = {}, "", mapping(call.get("function"))
    try:
        given = function.get("arguments") or "{}"
        line = redacted(given if isinstance(given, str) else json.dumps(given)).encode()
        if len(line) > most:
            raise ValueError(f"{len(line)} bytes of them")
        arguments = json.loads(dumps(decoded(line)))  # in the records' order, with nothing that they can't hold
    except ValueError as error:
        problem = f"the arguments are no JSON: {error}"
    if not isinstance(arguments, dict):
        arguments, problem = {}, "the arguments are no JSON object"
    name, number = (str(each)[:NAME_CHARACTERS] for each in (function.get("name"), call.get("id")))
    return {"name": name, "arguments": arguments, "id": number, "problem": problem}
