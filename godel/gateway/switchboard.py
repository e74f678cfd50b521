"""The gateway of a run that has models: chooses, counts, asks, and records every reply at once."""

from __future__ import annotations

import difflib
import json
import random
from collections.abc import Mapping
from typing import Any, Protocol

from godel.config import Models
from godel.errors import Declined
from godel.ledger import Charge
from godel.lineage import ModelCall, Spend
from godel.lineage.codec import digest, dumps
from godel.seeds import derive

from . import Answer, Asked, NoRequest, Refused
from .allowance import Allowance
from .cache import Cache
from .choice import weighted
from .prices import Price
from .provider import Provider
from .request import Request, parse
from .stubborn import Stubborn
from .total import Total

PATIENCE = 1.5
"""Times the timeout, which is for each wait for a piece of an answer: how long the whole of a reply may take."""


class Log(Protocol):
    """Where calls are recorded: a run's store, or a shelf beside it."""

    def put_model_call(self, call: ModelCall, asked: bytes) -> None: ...

    def model_calls(self, request: str | None = None) -> list[ModelCall]: ...

    def model_spend(self) -> Spend: ...

    def blob(self, key: str) -> bytes: ...


class Switchboard:
    """One for a run. `provider` is None for a replay: then only what was recorded is answered."""

    def __init__(
        self,
        models: Models,
        prices: Mapping[str, Price],
        log: Log,
        total: Total,
        provider: Provider | None,
        cache: Cache | None,
    ) -> None:
        self.names, self.models, self.log, self._prices = models.names, models, log, prices
        self._total, self._provider, self._cache = total, provider, cache
        self._stubborn = Stubborn(models.tries, models.first_wait_s)

    def line(self, place: str, seed: int, allowance: Allowance, charge: Charge, model: str = "") -> OpenLine:
        return OpenLine(self, place, seed, allowance, charge, model)

    def most(self, asked: Asked) -> Spend:
        """What a call can cost at most: a token is at least a byte of what is read."""
        request: Request = asked.request
        reply = request.n * limited(request.max_tokens, self.models.max_tokens)
        prompt = request.n * request.size  # where n replies take n calls, each reads it
        return Spend(model_calls=1, tokens=prompt + reply, dollars=self._prices[asked.model].of(prompt, reply))

    def answer(self, asked: Asked, most: Spend) -> Answer:
        """From the records, the cache or the provider. Raises Refused, ProviderFailed, BudgetSpent."""
        if (found := self._recorded(asked)) is not None:
            return found
        if self._cache and (kept := self._cache.get(asked.key)):
            self._record(asked, kept, dollars=0.0)
            return kept
        if self._provider is None:
            raise NoRequest(f"the replay asks a model for something that was not recorded ({asked.place})")
        return self._paid(self._provider, asked, most)

    def close(self) -> None:
        """Nobody waits for a provider any longer."""
        self._stubborn.stop()

    def _paid(self, provider: Provider, asked: Asked, most: Spend) -> Answer:
        with self._total.reserved(most) as pay:
            try:
                found = self._ask(provider, asked)
            except (Refused, Declined) as refused:  # recorded too: a replay has to hear the same
                pay(Spend(model_calls=1))
                self._put(asked, {"refused": str(refused)})
                raise Refused(str(refused)) from refused
            pay(found.cost)
            self._record(asked, found, found.dollars)
        if self._cache:
            self._cache.put(asked.key, found)
        return found

    def _ask(self, provider: Provider, asked: Asked) -> Answer:
        words: dict[str, Any] = json.loads(asked.body)
        model, n = words.pop("model"), words.pop("n")
        patience_s = PATIENCE * self.models.timeout_s * n
        return self._stubborn(model, lambda: provider.answer(model, words, n), patience_s)

    def _recorded(self, asked: Asked) -> Answer | None:
        """What this very call was answered, when the run came this far before. Raises Refused."""
        calls = self.log.model_calls(asked.key)
        return next((heard(call) for call in calls if call.place == asked.place), None)

    def _record(self, asked: Asked, found: Answer, dollars: float) -> None:
        self._put(asked, list(found.replies), found.tokens, dollars, found.latency_s)

    def _put(self, asked: Asked, reply: Any, tokens: int = 0, dollars: float = 0.0, latency_s: float = 0.0) -> None:
        call = ModelCall(asked.key, reply, tokens, dollars, asked.model, asked.place, latency_s)
        self.log.put_model_call(call, asked.body)


class OpenLine:
    """See `Line`. Asks one thing after the other: its calls are numbered."""

    def __init__(
        self, board: Switchboard, place: str, seed: int, allowance: Allowance, charge: Charge, model: str
    ) -> None:
        self.names, self._board, self._place, self._seed = board.names, board, place, seed
        self._allowance, self._charge, self._model = allowance, charge, model
        self._asked = 0

    @property
    def remaining(self) -> int:
        return self._allowance.calls_left

    @property
    def spend(self) -> Spend:
        return self._allowance.used

    def ask(self, data: Any) -> Asked:
        request = parse(data)
        number, self._asked = self._asked, self._asked + 1
        seed = derive(str(self._seed), "model", number)
        model = request.name or self._model or weighted(self._board.models, random.Random(seed))
        most = limited(request.max_tokens, self._board.models.max_tokens)
        words = {"model": model, "n": request.n, "seed": seed & 0x7FFFFFFF, "max_tokens": most, **request.sent()}
        body = dumps(words).encode()
        return Asked(digest(body), body, request, model, f"{self._place}#{number}")

    def reply(self, asked: Asked) -> dict[str, Any]:
        if why := self._unfit(asked):
            return {"request": asked.key, "refused": why, "remaining": self.remaining}
        most = self._board.most(asked)
        if not self._allowance.affords(most):
            return {"request": asked.key, "exhausted": True, "remaining": 0}
        try:
            found = self._board.answer(asked, most)
        except Refused as refused:
            return {"request": asked.key, "refused": str(refused), "remaining": self.remaining}
        self._allowance.pay(found.cost)
        self._charge(found.cost)
        return {"request": asked.key, "replies": list(found.replies), "model": asked.model, "remaining": self.remaining}

    def changed(self, recorded: str, asked: Asked) -> str:
        then, now = (pretty(body) for body in (self._board.log.blob(recorded), asked.body))
        lines = difflib.unified_diff(then, now, "as recorded", "as asked now", lineterm="", n=0)
        return "\n".join(lines)

    def again(self) -> None:
        self._asked = 0

    def _unfit(self, asked: Asked) -> str:
        """Why this can't be asked, whoever answers."""
        if asked.model not in self.names:
            return f"no model '{asked.model}' in this run; there are: {', '.join(self.names)}"
        models, request = self._board.models, asked.request
        if request.n > models.max_replies:
            return f"{request.n} replies, at most {models.max_replies} are given"
        if request.size > models.max_prompt_bytes:
            return f"a request of {request.size} bytes, at most {models.max_prompt_bytes} may be sent"
        return ""


def heard(call: ModelCall) -> Answer:
    """The answer that was recorded. Raises Refused for one that was none."""
    if "refused" in call.reply:
        raise Refused(call.reply["refused"])
    return Answer(tuple(call.reply), call.tokens, call.dollars, call.latency_s)


def limited(asked: int | None, most: int) -> int:
    return most if asked is None else min(asked, most)


def pretty(body: bytes) -> list[str]:
    """A request as lines to compare: text is shown line by line."""
    return json.dumps(json.loads(body), indent=1, sort_keys=True).replace("\\n", "\n").splitlines()
