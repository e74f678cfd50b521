"""One model for all of an improve: whoever answers first writes, judges, and judges the judgements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from godel.contract import Model, Reply, RequestRefused

TEMPERATURE = 0.7


class Voice:
    """Raises what the model does."""

    def __init__(self, model: Model) -> None:
        self._model, self._name, self._schemas = model, "", True

    def __call__(
        self, messages: Sequence[Mapping[str, Any]], n: int = 1, schema: Mapping[str, Any] | None = None
    ) -> list[Reply]:
        """A schema is left out from the first request on that is refused with one."""
        try:
            return self._ask(messages, n, schema if self._schemas else None)
        except RequestRefused:
            if schema is None or not self._schemas:
                raise
            self._schemas = False
            return self._ask(messages, n, None)

    def _ask(self, messages: Sequence[Mapping[str, Any]], n: int, schema: Mapping[str, Any] | None) -> list[Reply]:
        replies = self._model(messages, n=n, temperature=TEMPERATURE, schema=schema, name=self._name)
        self._name = replies[0].model
        return replies
