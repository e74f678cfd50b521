"""The gateway of a run that has models: it chooses the model, keeps the budgets and records every reply."""

from __future__ import annotations

import difflib
import json
import random
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from godel.config import Models
from godel.errors import Declined, Unavailable
from godel.ledger import Charge
from godel.lineage import ModelCall, Spend
from godel.lineage.store.codec import digest, dumps
from godel.sandbox.guest.messages import ExhaustedReply, ModelReply, RefusedReply, reply_from_json
from godel.seeds import derive

from . import Answer, KeyedRequest, NoRequest, RecordedReply, Refused
from .budgets import NestedBudget, RunBudget
from .cache import Cache
from .prices import Price
from .provider import Bill, Provider
from .request import Request, parse
from .retry import Retry

TRY_TIMEOUTS = 1.5
"""How long one try may take, in timeouts: `timeout_s` bounds each wait for a piece of a reply, this all of it."""


class CallLog(Protocol):
    """Where calls are recorded: a run's store, or memory (MemoryCallLog)."""

    def put_model_call(self, call: ModelCall, asked: bytes) -> None: ...

    def model_calls(self, request: str | None = None) -> list[ModelCall]: ...

    def has_model_calls(self) -> bool: ...

    def model_spend(self) -> Spend: ...

    def blob(self, key: str) -> bytes: ...


class Router:
    """One for a run. `provider` is None for a replay: then only what was recorded is answered."""

    def __init__(
        self,
        models: Models,
        prices: Mapping[str, Price],
        log: CallLog,
        budget: RunBudget,
        provider: Provider | None,
        cache: Cache | None,
    ) -> None:
        self.names, self.models, self.log, self._prices = models.names, models, log, prices
        self._budget, self._provider, self._cache = budget, provider, cache
        self._retry = Retry(models.tries, models.first_wait_s)
        self._has_answered = log.has_model_calls()

    def line(self, place: str, seed: int, budget: NestedBudget, charge: Charge, model: str = "") -> RouterLine:
        return RouterLine(self, place, seed, budget, charge, model)

    def most_spend(self, request: KeyedRequest) -> Spend:
        """What a call can cost at most, where each byte of the prompt is a token."""
        parsed: Request = request.parsed
        reply = parsed.n * limited(parsed.max_tokens, self.models.max_tokens)
        prompt = parsed.n * parsed.size  # where n replies take n calls, each reads it
        return Spend(model_calls=1, tokens=prompt + reply, dollars=self._prices[request.model].of(prompt, reply))

    def answer(self, request: KeyedRequest, most: Spend) -> Answer:
        """From the records, the cache or the provider. Raises Refused, ProviderFailed, BudgetSpent."""
        if (recorded := self._recorded(request)) is not None:
            return recorded
        if self._cache and (cached := self._cache.get(request.key)):
            self._put(request, list(cached.replies), replace(cached, dollars=0.0))
            return cached
        if self._provider is None:
            raise NoRequest(f"the replay asks a model for something that was not recorded ({request.place})")
        return self._paid(self._provider, request, most)

    def close(self) -> None:
        """Nobody waits for a provider any longer."""
        self._retry.stop()

    def _paid(self, provider: Provider, request: KeyedRequest, most: Spend) -> Answer:
        with self._budget.reserved(most) as pay:
            bill = Bill()
            try:
                answer = self._ask(provider, request, bill)
            except (Refused, Declined) as refused:
                answer = self._billed(request, bill, 0.0)
                pay(answer.cost)
                if isinstance(refused, Refused) and not self._has_answered:
                    raise Unavailable(f"{request.model} refuses the first request of this run: {refused}") from None
                self._put(request, {"refused": str(refused)}, answer)  # for a replay
                raise Refused(str(refused), answer.cost) from refused
            except BaseException:
                pay(self._billed(request, bill, 0.0).cost)
                raise
            pay(answer.cost)
            self._put(request, list(answer.replies), answer)
        if self._cache:
            self._cache.put(request.key, answer)
        return answer

    def _billed(self, request: KeyedRequest, bill: Bill, latency_s: float, *replies: RecordedReply) -> Answer:
        dollars = self._prices[request.model].of(bill.prompt, bill.reply)
        return Answer(replies, bill.tokens, dollars, latency_s, tuple(bill.remarks))

    def _ask(self, provider: Provider, request: KeyedRequest, bill: Bill) -> Answer:
        body: dict[str, Any] = json.loads(request.body)
        model, n = body.pop("model"), body.pop("n")
        try_s = TRY_TIMEOUTS * self.models.timeout_s * n
        started = time.perf_counter()
        replies = self._retry(model, lambda: provider.answer(model, body, n, bill), try_s)
        self._has_answered = True
        return self._billed(request, bill, time.perf_counter() - started, *replies)

    def _recorded(self, request: KeyedRequest) -> Answer | None:
        """The answer to this call when the run came this far before. Raises Refused if it was refused."""
        calls = self.log.model_calls(request.key)
        return next((answer_of(call) for call in calls if call.place == request.place), None)

    def _put(self, request: KeyedRequest, reply: Any, answer: Answer) -> None:
        cost = answer.tokens, answer.dollars
        call = ModelCall(request.key, reply, *cost, request.model, request.place, answer.latency_s, answer.remarks)
        self.log.put_model_call(call, request.body)


class RouterLine:
    """See `Line`. Its calls are numbered, and one ends before the next begins."""

    def __init__(self, router: Router, place: str, seed: int, budget: NestedBudget, charge: Charge, model: str) -> None:
        self.names, self._router, self._place, self._seed = router.names, router, place, seed
        self._budget, self._charge, self._model = budget, charge, model
        self._calls = 0

    @property
    def remaining(self) -> int:
        return self._budget.calls_left

    @property
    def spend(self) -> Spend:
        return self._budget.used

    def ask(self, data: Any) -> KeyedRequest:
        parsed = parse(data)
        number, self._calls = self._calls, self._calls + 1
        seed = derive(str(self._seed), "model", number)
        model = parsed.name or self._model or drawn(self._router.models, random.Random(seed))
        most = limited(parsed.max_tokens, self._router.models.max_tokens)
        sent = {"model": model, "n": parsed.n, "seed": seed & 0x7FFFFFFF, "max_tokens": most, **parsed.sent()}
        body = dumps(sent).encode()
        return KeyedRequest(digest(body), body, parsed, model, f"{self._place}#{number}")

    def reply(self, request: KeyedRequest) -> ModelReply | ExhaustedReply | RefusedReply:
        if why := self._unfit(request):
            return RefusedReply(request.key, why, self.remaining)
        most = self._router.most_spend(request)
        if not self._budget.affords(most):
            return ExhaustedReply(request.key)
        try:
            answer = self._router.answer(request, most)
        except Refused as refused:
            self._pay(refused.cost)
            return RefusedReply(request.key, str(refused), self.remaining)
        self._pay(answer.cost)
        replies = tuple(reply_from_json(each, request.model) for each in answer.replies)
        return ModelReply(request.key, replies, request.model, self.remaining)

    def _pay(self, cost: Spend) -> None:
        self._budget.pay(cost)
        self._charge(cost)

    def changed(self, recorded: str, request: KeyedRequest) -> str:
        then, now = (pretty(body) for body in (self._router.log.blob(recorded), request.body))
        lines = difflib.unified_diff(then, now, "as recorded", "as asked now", lineterm="", n=0)
        return "\n".join(lines)

    def again(self) -> None:
        self._calls = 0

    def _unfit(self, request: KeyedRequest) -> str:
        """Why this request is refused before any provider is asked, or ""."""
        if request.model not in self.names:
            return f"no model '{request.model}' in this run; there are: {', '.join(self.names)}"
        models, parsed = self._router.models, request.parsed
        if parsed.n > models.max_replies:
            return f"{parsed.n} replies, at most {models.max_replies} are given"
        if parsed.size > models.max_prompt_bytes:
            return f"a request of {parsed.size} bytes, at most {models.max_prompt_bytes} may be sent"
        return ""


def answer_of(call: ModelCall) -> Answer:
    """The recorded answer. Raises Refused if the provider refused."""
    if "refused" in call.reply:
        raise Refused(call.reply["refused"], Spend(model_calls=1, tokens=call.tokens, dollars=call.dollars))
    return Answer(tuple(call.reply), call.tokens, call.dollars, call.latency_s, call.remarks)


def limited(tokens: int | None, most: int) -> int:
    return most if tokens is None else min(tokens, most)


def pretty(body: bytes) -> list[str]:
    """A request as lines to compare: text is shown line by line."""
    return json.dumps(json.loads(body), indent=1, sort_keys=True).replace("\\n", "\n").splitlines()


def drawn(models: Models, rng: random.Random) -> str:
    """A model by its weight, for a call that names none."""
    return rng.choices(models.names, models.weights or None)[0]
