"""What a model can do of that which scaffolds need: one small request for each thing, asked before money is spent.

Asked as in a run, but nothing is left out or asked again: what is looked at is the model, and not what this project
does about it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

from godel.config import Models

from .cause import system_cause
from .factory import endpoint
from .provider import Endpoint
from .redact import redacted_error

ASKED_AT_ONCE = 4
SHORT = "Answer with the word yes."
LONG = "Count from one to two hundred in words."
FEW_TOKENS = 8
TOOL = {
    "type": "function",
    "function": {"name": "look", "description": "Look at a file.", "parameters": {"type": "object", "properties": {}}},
}
SCHEMA = {"type": "object", "properties": {"yes": {"type": "boolean"}}, "required": ["yes"]}
FORMAT = {"type": "json_schema", "json_schema": {"name": "reply", "schema": SCHEMA}}


class Probe(NamedTuple):
    """`shows` says what is missing in a completion, or ""."""

    needs: str
    prompt: str
    body: Mapping[str, Any]
    shows: Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True)
class Finding:
    """Whether a model can do what `needs` says; `problem` says why not. `prompt` and `reply` are the tokens that the
    server counted."""

    needs: str
    able: bool
    problem: str
    prompt: int = 0
    reply: int = 0


def answers(completion: Mapping[str, Any]) -> str:
    message = choice(completion)["message"]
    if message.get("content") or message.get("tool_calls"):
        return ""
    thinks = message.get("reasoning_content") or message.get("reasoning")
    return "its reply has thinking only" if thinks else "its reply is empty"


def gives_two(completion: Mapping[str, Any]) -> str:
    count = len(completion["choices"])
    return "" if count == 2 else f"{count} reply for n = 2: the others have to be asked for singly"


def calls_tool(completion: Mapping[str, Any]) -> str:
    return "" if choice(completion)["message"].get("tool_calls") else "it was told to call a tool, and called none"


def keeps_schema(completion: Mapping[str, Any]) -> str:
    try:
        kept = "yes" in json.loads(choice(completion)["message"].get("content") or "")
    except (ValueError, TypeError):
        kept = False
    return "" if kept else "its reply is not the JSON that was asked for"


def counts(completion: Mapping[str, Any]) -> str:
    return "" if used(completion)[1] else "no usage in its reply: tokens have to be counted here"


def tells_cut(completion: Mapping[str, Any]) -> str:
    reason = choice(completion).get("finish_reason")
    return "" if reason == "length" else f"a reply that was cut off has finish_reason {reason}, not length"


def nothing_missing(completion: Mapping[str, Any]) -> str:
    return "" if completion["choices"] else "no reply"


PROBES = (
    Probe("answers", SHORT, {}, answers),
    Probe("usage", SHORT, {}, counts),
    Probe("n", SHORT, {"n": 2}, gives_two),
    Probe("temperature", SHORT, {"temperature": 0.5}, nothing_missing),
    Probe("seed", SHORT, {"seed": 1}, nothing_missing),
    Probe("max_tokens", SHORT, {"max_tokens": 256}, nothing_missing),
    Probe("tools", "Call the tool look.", {"tools": [TOOL]}, calls_tool),
    Probe("schema", "Is water wet? Answer in JSON.", {"response_format": FORMAT}, keeps_schema),
    Probe("length", LONG, {"max_tokens": FEW_TOKENS}, tells_cut),
)


def probed(model: str, models: Models) -> list[Finding]:
    """What `model` can do, in the order of PROBES. Where it does not answer at all, that alone."""
    asked = endpoint(models)
    first = found(PROBES[0], model, asked)
    if not first.able and not first.reply:
        return [first]
    with ThreadPoolExecutor(ASKED_AT_ONCE) as threads:
        return [first, *threads.map(lambda probe: found(probe, model, asked), PROBES[1:])]


def found(probe: Probe, model: str, asked: Endpoint) -> Finding:
    """A failure of the server's, or of the way there, is what there is to report."""
    body = {"messages": [{"role": "user", "content": probe.prompt}], **probe.body}
    try:
        completion = asked.complete(model, body)
    except Exception as error:  # whatever a library or a server says: it is shown, and scores nothing
        return Finding(probe.needs, False, told(error, asked.where))
    try:
        missing, tokens = probe.shows(completion), used(completion)
    except (KeyError, IndexError, TypeError, AttributeError):
        return Finding(probe.needs, False, f"no completion: {redacted_error(str(completion))[:200]}")
    return Finding(probe.needs, not missing, missing, *tokens)


def told(error: Exception, where: str) -> str:
    """A server's own words, if it has refused; else what went wrong on the way to `where`."""
    status, said = getattr(error, "status_code", None), getattr(error, "body", None)
    if status is not None and isinstance(said, dict) and "message" in said:
        text = f"HTTP {status}: {said['message']}"
    elif cause := system_cause(error):
        text = f"{cause} at {where}"
    else:
        text = f"{type(error).__name__}: {error}"
    return redacted_error(" ".join(text.split()))[:300]


def choice(completion: Mapping[str, Any]) -> Mapping[str, Any]:
    first: Mapping[str, Any] = completion["choices"][0]
    return first


def used(completion: Mapping[str, Any]) -> tuple[int, int]:
    """Tokens of prompt and reply, as the server counts them; 0 where it does not."""
    usage = completion.get("usage") or {}
    return int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0)
