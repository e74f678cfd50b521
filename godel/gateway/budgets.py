"""What may be spent on models: by one improve and its generation, and by a whole run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from godel.config import ModelBudget
from godel.errors import BudgetSpent
from godel.lineage import Spend

UNLIMITED = 1 << 30


class NestedBudget:
    """A budget, and the wider one that it is part of: an improve's within its generation's. It counts what
    replies cost, whoever gave them, so a replay ends at the same call."""

    def __init__(self, budget: ModelBudget, within: NestedBudget | None = None) -> None:
        self._budget, self._within, self.used = budget, within, Spend()

    def affords(self, most: Spend) -> bool:
        """Whether a call that costs `most` keeps within all budgets."""
        fits = not self._budget.exceeded(self.used + most)
        return fits and (self._within is None or self._within.affords(most))

    def pay(self, spend: Spend) -> None:
        self.used += spend
        if self._within:
            self._within.pay(spend)

    @property
    def calls_left(self) -> int:
        own = UNLIMITED if self._budget.model_calls is None else self._budget.model_calls - self.used.model_calls
        return max(0, min(own, self._within.calls_left if self._within else UNLIMITED))


class RunBudget:
    """The budget of a whole run, shared by all calls in flight. The most that a call can cost is reserved before
    it is made, so together they can't spend more than there is."""

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
    return Spend(**{name: -amount for name, amount in spend.named().items()})
