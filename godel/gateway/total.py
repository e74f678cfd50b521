"""What a whole run may spend on models. A call's greatest cost is reserved before it is made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from godel.config import ModelBudget
from godel.errors import BudgetSpent
from godel.lineage import Spend


class Total:
    """Shared by all calls in flight, so that together they can't overshoot."""

    def __init__(self, budget: ModelBudget, spent: Spend) -> None:
        self._budget = budget
        self._spent, self._reserved, self._changed = spent, Spend(), threading.Condition()

    @contextmanager
    def reserved(self, most: Spend) -> Iterator[Callable[[Spend], None]]:
        """Room for a call; the block says what it really cost. Waits for calls in flight to leave some.
        Raises BudgetSpent when there is none."""
        self._reserve(most)
        try:
            yield self._pay
        finally:
            with self._changed:
                self._reserved += negative(most)
                self._changed.notify_all()

    def _reserve(self, most: Spend) -> None:
        with self._changed:
            while full := self._budget.exceeded(self._spent + self._reserved + most):
                if not self._reserved.model_calls:
                    limit, more = getattr(self._budget, full), getattr(most, full)
                    problem = f"the budget of {limit:g} {full} has no room for another call ({more:g} at most)"
                    raise BudgetSpent(problem, full, getattr(self._spent, full) + more)
                self._changed.wait()
            self._reserved += most

    def _pay(self, spend: Spend) -> None:
        with self._changed:
            self._spent += spend


def negative(spend: Spend) -> Spend:
    return Spend(*(-amount for amount in vars(spend).values()))
