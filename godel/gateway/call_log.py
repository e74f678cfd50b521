"""The log of model calls for a run that is only read: its recorded calls are there, new ones stay in memory."""

from __future__ import annotations

from godel.lineage import ModelCall, Spend
from godel.lineage.store import Store


class MemoryCallLog:
    def __init__(self, store: Store | None = None) -> None:
        self._store, self._calls = store, list[ModelCall]()
        self._bodies: dict[str, bytes] = {}
        self._taken = 0

    def put_model_call(self, call: ModelCall, asked: bytes) -> None:
        self._calls.append(call)
        self._bodies[call.request] = asked

    def model_calls(self, request: str | None = None) -> list[ModelCall]:
        recorded = self._store.model_calls(request) if self._store else []
        return recorded + [each for each in self._calls if request in (None, each.request)]

    def has_model_replies(self) -> bool:
        new = any(isinstance(each.reply, list) for each in self._calls)
        return new or (self._store is not None and self._store.has_model_replies())

    def model_spend(self) -> Spend:
        """Of the new calls: what the run had spent before is not this budget's."""
        return sum((Spend(model_calls=1, tokens=each.tokens, dollars=each.dollars) for each in self._calls), Spend())

    def take(self) -> tuple[tuple[ModelCall, bytes], ...]:
        """The new calls, each with its request as it was sent, since this was last asked."""
        taken, self._taken = self._calls[self._taken :], len(self._calls)
        return tuple((call, self._bodies[call.request]) for call in taken)

    def blob(self, key: str) -> bytes:
        if key in self._bodies or not self._store:
            return self._bodies[key]
        return self._store.blob(key)
