"""Two models that change programs: a fast one for most changes, and a strong one for some."""

from __future__ import annotations

import random
from collections.abc import Sequence

from prompts import Message, correction
from reading import read

from godel.contract import BudgetExhausted, Model, Program, Reply, RequestRefused
from godel.contract.editing import Edited, EditFailed

FAST_SHARE = 0.8  # of the changes
TRIES = 3  # for one change: the first, and after each that fails the model is told why
TEMPERATURE = 0.8


class Writer:
    """`closed` once the budget is spent."""

    def __init__(self, model: Model, rng: random.Random) -> None:
        self._model, self._rng = model, rng
        self.fast, self.strong = (model.names[0], model.names[-1]) if model.names else ("", "")
        self.closed = False

    def child(self, program: Program, messages: Sequence[Message], name: str = "") -> Edited | None:
        """The program after the change that a model makes, or None. `name`: who makes it, if not drawn."""
        name = name or (self.fast if self._rng.random() < FAST_SHARE else self.strong)
        for _ in range(TRIES):
            reply = self._ask(messages, name)
            if reply is None:
                return None
            try:
                return read(program, reply)
            except EditFailed as failed:
                messages = [*messages, reply.message(), correction(str(failed))]
        return None

    def _ask(self, messages: Sequence[Message], name: str) -> Reply | None:
        try:
            return self._model(messages, temperature=TEMPERATURE, name=name)[0]
        except RequestRefused:  # another change may be asked for
            return None
        except BudgetExhausted:
            self.closed = True
            return None
