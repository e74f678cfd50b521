"""What can go wrong between a model and whoever asks it, on order and the same every time."""

from __future__ import annotations

import random
import re
import threading
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from godel.errors import ConfigError, UnknownName

from .completions import Response, answered, completion, refused
from .rules import FENCED

ALL = (
    "slow",
    "429",
    "500",
    "503",
    "cut",
    "drop",
    "malformed",
    "empty",
    "enormous",
    "refusal",
    "wrong fence",
    "crlf",
    "prose",
)
DRESSINGS = ("wrong fence", "crlf", "prose")
"""These leave what a reply means as it is, and need a fenced block in it."""

STATUSES = {
    "429": ("slow down: too many requests", "requests", "rate_limit_exceeded", {"Retry-After": "1"}),
    "500": ("the server had an error", "server_error", None, {}),
    "503": ("the server is overloaded", "server_error", "service_unavailable", {}),
}
TRIES_THAT_FAIL = 2
REMEMBERED = 10_000
"""Requests whose tries are counted: the latest."""

REFUSAL = "I'm sorry, but I can't help with that."
FILLER = "And so it goes on, and on, and on.\n"
BEFORE = "Certainly! Here is what I'd do, and why it should help.\n\n"
AFTER = "\n\nI hope that this helps; let me know how it fares."


class Faults:
    """Each request's first two tries go wrong with probability `rate`, and no later one: whoever tries
    three times gets through, also when several ask the same thing at once. Whether a try goes wrong and
    how depends on `seed`, the request and the number of the try alone.
    """

    def __init__(
        self,
        rate: float = 0.0,
        kinds: Iterable[str] = ALL,
        seed: int = 0,
        slow_s: float = 2.0,
        enormous_bytes: int = 8 << 20,
    ) -> None:
        """Raises UnknownName or ConfigError."""
        self._kinds = tuple(kinds)
        for unknown in set(self._kinds) - set(ALL):
            raise UnknownName("kind of fault", unknown, ALL)
        if not 0 <= rate <= 1:
            raise ConfigError(f"rate of faults: expected a number from 0 to 1; given: {rate}")
        if rate and not self._kinds:
            raise ConfigError("kinds of faults: expected at least one")
        self.slow_s = slow_s
        self._rate, self._seed, self._enormous = rate, seed, enormous_bytes
        self._order: deque[str] | None = None
        self._tries: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def script(cls, kinds: Sequence[str], **options: Any) -> Faults:
        """Exactly these, one after the other, by arrival. `options` as above."""
        made = cls(kinds=kinds, **options)
        made._order = deque(kinds)
        return made

    def draw(self, digest: str, fenced: bool) -> str | None:
        """The kind for this try of the request with `digest`, whose reply has a fenced block or not."""
        with self._lock:
            kind = self._drawn(digest) if self._order is None else self._next()
        return kind if fenced or kind not in DRESSINGS else None

    def _next(self) -> str | None:
        return self._order.popleft() if self._order else None

    def _drawn(self, digest: str) -> str | None:
        number = self._tries.pop(digest, 0)
        self._tries[digest] = number + 1
        if len(self._tries) > REMEMBERED:
            self._tries.popitem(last=False)
        rng = random.Random(f"{self._seed} {digest} {number}")
        return rng.choice(self._kinds) if number < TRIES_THAT_FAIL and rng.random() < self._rate else None

    def made(self, kind: str, request: Mapping[str, Any], choices: Sequence[Mapping[str, Any]]) -> Response | None:
        """What is sent in place of `choices`; None is nothing at all."""
        if kind == "drop":
            return None
        if kind in STATUSES:
            message, name, code, headers = STATUSES[kind]
            return refused(int(kind), message, name, code, **headers)
        whole = answered(completion(request, [self._changed(kind, choice, len(choices)) for choice in choices]))
        half = whole.body[: len(whole.body) // 2]
        return {"cut": Response(200, half, length=len(whole.body)), "malformed": Response(200, half)}.get(kind, whole)

    def _changed(self, kind: str, choice: Mapping[str, Any], of: int) -> Mapping[str, Any]:
        if kind == "empty":
            return _choice("", "stop")
        if kind == "refusal":
            return _choice(None, "content_filter", refusal=REFUSAL)
        if kind == "enormous":
            size = self._enormous // of
            return _choice((FILLER * (size // len(FILLER) + 1))[:size], "stop")
        if kind not in DRESSINGS or not fenced([choice]):
            return choice
        return {**choice, "message": {**choice["message"], "content": dressed(kind, choice["message"]["content"])}}


def fenced(choices: Sequence[Mapping[str, Any]]) -> bool:
    """Whether one of them has a fenced block."""
    return any(FENCED.search(choice["message"]["content"] or "") for choice in choices)


def dressed(kind: str, text: str) -> str:
    """`text`, which has a fenced block, as another model might have written it."""
    if kind == "crlf":
        return text.replace("\n", "\r\n")
    return f"{BEFORE}{text}{AFTER}" if kind == "prose" else FENCED.sub(_mislabelled, text)


def _mislabelled(block: re.Match[str]) -> str:
    """Either in another language, or without one where it had one."""
    fence, language, rest = block["fence"], block["language"], block[0][block.end("language") - block.start() :]
    return f"{fence}{'' if language and len(rest) % 2 else 'js'}{rest}"


def _choice(content: str | None, reason: str, **more: str) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": content, **more}, "finish_reason": reason}
