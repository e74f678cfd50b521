"""Asks the model for improved versions of a program, until its calls are used up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prompts import correction, request
from reading import read

from godel.contract import BudgetExhausted, Model, Program, Reply, RequestRefused
from godel.contract.editing import Edited


class Writer:
    """One for an improve: it counts the calls."""

    def __init__(self, model: Model, description: str, calls: int, temperature: float) -> None:
        self._model, self._description = model, description
        self._calls, self._temperature = calls, temperature

    def versions(self, program: Program, samples: int, notes: Sequence[str] = ()) -> list[Edited]:
        """Different ones, up to `samples`. If no reply holds one, the model is told why, and asked again."""
        messages = request(program, self._description, notes)
        while samples > 0 and (replies := self._ask(messages, samples)):
            found, problems = read(program, replies)
            if found:
                return found
            messages = [*messages, replies[0].message(), correction(problems[0])]
        return []

    def _ask(self, messages: Sequence[dict[str, Any]], samples: int) -> list[Reply]:
        """The replies; none when this can't be asked any more, or at all."""
        if self._calls <= 0:
            return []
        self._calls -= 1
        try:
            return self._model(messages, n=samples, temperature=self._temperature)
        except (BudgetExhausted, RequestRefused):
            return []
