"""Parameters that a model refuses: read from its words, left out from then on, and said."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from . import tool_text

OPTIONAL = ("max_tokens", "max_completion_tokens", "temperature", "seed", "stop", "response_format", "tools", "n")
REFUSING = re.compile(
    r"support|unrecognized|unknown|unexpected|extra|not permitted|not allowed|requires|invalid",
    re.I,
)
STATUSES = (400, 422, 500, 501)
"""With which servers refuse a parameter: llama.cpp and others say 500."""


class Parameters:
    """Of every model: what it does not take. Thread-safe."""

    def __init__(self) -> None:
        self._refused: dict[str, list[str]] = defaultdict(list)
        self._lock = threading.Lock()

    def fitting(self, model: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """`body` without what the model does not take."""
        sent = dict(body)
        for name in tuple(self._refused[model]):
            if name == "max_tokens" and name in sent:
                sent["max_completion_tokens"] = sent.pop(name)
            elif name == "tools" and name in sent:
                sent = tool_text.told(sent)
            else:
                sent.pop(name, None)
        return sent

    def learn(self, model: str, sent: Mapping[str, Any], error: Exception) -> str:
        """What is left out from now on because of this error, in words; "" if it says no such thing."""
        name = refused(sent, error)
        if not name:
            return ""
        with self._lock:
            if name not in self._refused[model]:
                self._refused[model].append(name)
        instead = {"max_tokens": "max_completion_tokens is sent instead", "tools": "tools are told in words"}
        return f"{model} does not take {name}: {instead.get(name, 'it is left out')}"


def refused(sent: Mapping[str, Any], error: Exception) -> str:
    """The parameter of `sent` that the error says is not taken, or ""."""
    text = str(error)
    if getattr(error, "status_code", None) not in STATUSES or not REFUSING.search(text):
        return ""
    named = getattr(error, "param", None)
    if named in OPTIONAL and named in sent:
        return str(named)
    places = {name: match.start() for name in OPTIONAL if name in sent and (match := mention(name).search(text))}
    return min(places, key=places.__getitem__, default="")


def mention(name: str) -> re.Pattern[str]:
    """A word that is meant as the name of a parameter, and not as a word of a sentence."""
    quoted, named = rf"['\"`]{name}['\"`]", rf"\b{name} param|param\w*:? {name}\b"
    return re.compile(rf"{quoted}|{named}|support (?:for )?{name}\b|\b{name}: ", re.I)
