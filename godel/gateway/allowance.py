"""What one improve and its generation may spend on models, counted from replies: the same again in a replay."""

from __future__ import annotations

from godel.config import ModelBudget
from godel.lineage import Spend

UNLIMITED = 1 << 30


class Allowance:
    """A budget, and the wider one that it is part of."""

    def __init__(self, budget: ModelBudget, within: Allowance | None = None) -> None:
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
