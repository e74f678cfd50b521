"""The gateway of a run that has models: it keeps the budgets and records every reply."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from godel.config import Models
from godel.errors import Declined, Unavailable
from godel.ledger import Charge
from godel.lineage import ModelCall, Spend

from . import Answer, KeyedRequest, NoRequest, RecordedReply, Refused, Thinking
from .budgets import NestedBudget, RunBudget
from .cache import Cache
from .line import RouterLine, keyed, roomier
from .prices import Price
from .provider import Bill, Provider
from .request import Message, Request
from .retry import Retry
from .tally import Tally

TRY_TIMEOUTS = 1.5
"""How long one try may take, in timeouts: `timeout_s` bounds each wait for a piece of a reply, this all of it."""
PLAIN = "Answer with the word yes."
"""What a model that works does not refuse."""


class CallLog(Protocol):
    """Where calls are recorded: a run's store, or memory (MemoryCallLog)."""

    def put_model_call(self, call: ModelCall, asked: bytes) -> None: ...

    def model_calls(self, request: str | None = None) -> list[ModelCall]: ...

    def has_model_replies(self) -> bool: ...

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
        self._has_answered, self._tally = log.has_model_replies(), Tally()

    def line(self, place: str, seed: int, budget: NestedBudget, charge: Charge, model: str = "") -> RouterLine:
        return RouterLine(self, place, seed, budget, charge, model)

    def most_spend(self, request: KeyedRequest) -> Spend:
        """What a call can cost at most, where each byte of the prompt is a token."""
        parsed: Request = request.parsed
        reply = parsed.n * (parsed.max_tokens or self.models.max_tokens)
        prompt = parsed.n * parsed.size  # where n replies take n calls, each reads it
        return Spend(model_calls=1, tokens=prompt + reply, dollars=self._prices[request.model].of(prompt, reply))

    def answer(self, request: KeyedRequest, most: Spend) -> Answer:
        """From the records, the cache or the provider. Raises Refused, ProviderFailed, BudgetSpent."""
        with self._tally.counted(request):
            return self._answer(request, most)

    def settle(self, order: str) -> None:
        if self._provider is None:
            return
        refused = self._tally.all_refused(order)
        said = [self._plainly(self._provider, model, order) for model in refused]
        if refused and all(said):
            count = sum(refused.values())
            raise Unavailable(f"{count} of {count} requests were refused, and so is a plain question: {said[0]}")

    def close(self) -> None:
        """Nobody waits for a provider any longer."""
        self._retry.stop()

    def _answer(self, request: KeyedRequest, most: Spend) -> Answer:
        if (recorded := self._recorded(request)) is not None:
            return recorded
        if self._cache and (cached := self._cache.get(request.key)):
            self._put(request, list(cached.replies), replace(cached, dollars=0.0))
            return cached
        if self._provider is None:
            raise NoRequest(f"the replay asks a model for something that was not recorded ({request.place})")
        return self._paid(self._provider, request, most)

    def _plainly(self, provider: Provider, model: str, order: str) -> str:
        """Why the model refuses a plain question too, or "" if it answers that: then it is the requests' own doing."""
        question = Message(role="user", content=PLAIN)
        asked = keyed(model, 0, Request(messages=(question,), max_tokens=self.models.max_tokens), f"{order}/plain#0")
        try:
            self._paid(provider, asked, self.most_spend(asked))
        except Refused as refused:
            return str(refused)
        return ""

    def _paid(self, provider: Provider, request: KeyedRequest, most: Spend) -> Answer:
        with self._budget.reserved(most) as pay:
            bill = Bill()
            try:
                answer = self._ask(provider, request, bill)
            except (Refused, Declined) as refused:
                answer = self._billed(request, bill, 0.0)
                pay(answer.cost)
                raise self._turned_down(request, refused, answer) from refused
            except BaseException:
                pay(self._billed(request, bill, 0.0).cost)
                raise
            pay(answer.cost)
            self._put(request, list(answer.replies), answer)
        if self._cache:
            self._cache.put(request.key, answer)
        return answer

    def _turned_down(self, request: KeyedRequest, why: Refused | Declined, answer: Answer) -> Refused | Unavailable:
        """The refusal, recorded; as Unavailable where a run's first request is refused for good."""
        if isinstance(why, Thinking) and roomier(request, self.models):
            more = f"{request.model}: {why}; it is asked again with more (raise model.max_tokens to spare that)"
            self._put(request, {"thinking": str(why)}, replace(answer, remarks=(*answer.remarks, more)))
            return Thinking(str(why), answer.cost)
        reason = f"{why}: raise model.thinking_tokens" if isinstance(why, Thinking) else str(why)
        self._put(request, {"refused": reason}, answer)
        if isinstance(why, Refused) and not self._has_answered:
            return Unavailable(f"{request.model} refuses the first request of this run: {reason}")
        return Refused(reason, answer.cost)

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
        """The answer to this call when the run came this far before. What was refused is asked again, as that may
        have been why the run stopped; a replay is refused it again, and raises Refused."""
        calls = [each for each in self.log.model_calls(request.key) if each.place == request.place]
        if not calls or (self._provider is not None and not replied(calls[-1])):
            return None
        return answer_of(calls[-1])

    def _put(self, request: KeyedRequest, reply: Any, answer: Answer) -> None:
        cost = answer.tokens, answer.dollars
        call = ModelCall(request.key, reply, *cost, request.model, request.place, answer.latency_s, answer.remarks)
        self.log.put_model_call(call, request.body)


def replied(call: ModelCall) -> bool:
    return isinstance(call.reply, list)


def answer_of(call: ModelCall) -> Answer:
    """The recorded answer. Raises Refused where there was none."""
    if not replied(call):
        kind, why = (Thinking, "thinking") if "thinking" in call.reply else (Refused, "refused")
        raise kind(call.reply[why], Spend(model_calls=1, tokens=call.tokens, dollars=call.dollars))
    return Answer(tuple(call.reply), call.tokens, call.dollars, call.latency_s, call.remarks)
