"""One improve's line to the models of its run (see `Line`)."""

from __future__ import annotations

import difflib
import json
import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from godel.config import Models
from godel.ledger import Charge
from godel.lineage import Spend
from godel.lineage.store.codec import digest, dumps
from godel.sandbox.guest.messages import ExhaustedReply, ModelReply, RefusedReply, reply_from_json
from godel.seeds import derive

from . import Answer, KeyedRequest, Refused, Thinking
from .budgets import NestedBudget
from .request import Request, parse

if TYPE_CHECKING:
    from .router import Router

MORE = 4
"""Times as many tokens are given to a reply that was thinking only."""


class RouterLine:
    """Its calls are numbered, and one ends before the next begins."""

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
        parsed, models = parse(data), self._router.models
        number, self._calls = self._calls, self._calls + 1
        seed = derive(str(self._seed), "model", number)
        model = parsed.name or self._model or drawn(models, random.Random(seed))
        most = models.max_tokens if parsed.max_tokens is None else min(parsed.max_tokens, models.max_tokens)
        limited = parsed.model_copy(update={"max_tokens": most})
        return keyed(model, seed & 0x7FFFFFFF, limited, f"{self._place}#{number}")

    def reply(self, request: KeyedRequest) -> ModelReply | ExhaustedReply | RefusedReply:
        if why := self._unfit(request):
            return RefusedReply(request.key, why, self.remaining)
        try:
            answer = self._answered(request)
        except Refused as refused:
            return RefusedReply(request.key, str(refused), self.remaining)
        if answer is None:
            return ExhaustedReply(request.key)
        replies = tuple(reply_from_json(each, request.model) for each in answer.replies)
        return ModelReply(request.key, replies, request.model, self.remaining)

    def changed(self, recorded: str, request: KeyedRequest) -> str:
        then, now = (pretty(body) for body in (self._router.log.blob(recorded), request.body))
        lines = difflib.unified_diff(then, now, "as recorded", "as asked now", lineterm="", n=0)
        return "\n".join(lines)

    def again(self) -> None:
        self._calls = 0

    def _answered(self, request: KeyedRequest) -> Answer | None:
        """The answer; where that is thinking only, the one to a request with more tokens, which is a call of its own.
        None: no budget for it. Raises Refused."""
        most = self._router.most_spend(request)
        if not self._budget.affords(most):
            return None
        try:
            answer = self._router.answer(request, most)
        except Refused as refused:
            self._pay(refused.cost)
            more = roomier(request, self._router.models) if isinstance(refused, Thinking) else None
            if more is None:
                raise
            return self._answered(more)
        self._pay(answer.cost)
        return answer

    def _pay(self, cost: Spend) -> None:
        self._budget.pay(cost)
        self._charge(cost)

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


def keyed(model: str, seed: int, parsed: Request, place: str) -> KeyedRequest:
    """The request as it will be sent."""
    sent = {"model": model, "n": parsed.n, "seed": seed, "max_tokens": parsed.max_tokens, **parsed.sent()}
    body = dumps(sent).encode()
    return KeyedRequest(digest(body), body, parsed, model, place)


def roomier(request: KeyedRequest, models: Models) -> KeyedRequest | None:
    """The same request with more tokens for each reply; None where it has as many as may be given."""
    body: Mapping[str, Any] = json.loads(request.body)
    more = min(MORE * body["max_tokens"], models.thinking_tokens)
    if more <= body["max_tokens"]:
        return None
    parsed = request.parsed.model_copy(update={"max_tokens": more})
    return keyed(request.model, body["seed"], parsed, f"{request.place}+{more}")


def pretty(body: bytes) -> list[str]:
    """A request as lines to compare: text is shown line by line."""
    return json.dumps(json.loads(body), indent=1, sort_keys=True).replace("\\n", "\n").splitlines()


def drawn(models: Models, rng: random.Random) -> str:
    """A model by its weight, for a call that names none."""
    return rng.choices(models.names, models.weights or None)[0]
