"""What was spent, and what may still be: counted on the host, whatever a sandbox says."""

from __future__ import annotations

import threading
from collections.abc import Callable

from godel.lineage import Spend

from .config import Budget
from .errors import BudgetSpent

Charge = Callable[[Spend], None]
"""Told of everything that is spent, as soon as it is. Raises BudgetSpent when that is too much."""


def free(spend: Spend) -> None:
    """Charges nobody: the seed's own scores, reports and replays."""


class Ledger:
    """What one generation may use: the run's budget, less what was recorded `before` it was ordered.

    So evaluations run out at the same generation whatever the timing; with W workers in flight
    the run as a whole can be over by what W - 1 generations used. CPU seconds are counted alike,
    the wall clock (`elapsed_s`) at every charge.
    """

    def __init__(self, budget: Budget, before: Spend, elapsed_s: Callable[[], float]) -> None:
        self._budget, self._used, self._elapsed_s = budget, before, elapsed_s
        self._lock = threading.Lock()

    def charge(self, spend: Spend) -> None:
        """Raises BudgetSpent when more than the budget was used."""
        with self._lock:
            self._used += spend
        for name, used, limit in self._against():
            if used > limit:
                raise BudgetSpent(_text(name, limit), name, used)

    def spent(self) -> BudgetSpent | None:
        """The first of the budgets that is used up."""
        over = (BudgetSpent(_text(name, limit), name, used) for name, used, limit in self._against() if used >= limit)
        return next(over, None)

    def _against(self) -> list[tuple[str, float, float]]:
        counted = ("evaluations", "cpu_s", "model_calls", "tokens", "dollars")
        used = {name: getattr(self._used, name) for name in counted} | {"wall_s": self._elapsed_s()}
        limits = {name: getattr(self._budget, name) for name in used}
        return [(name, amount, limits[name]) for name, amount in used.items() if limits[name] is not None]


def _text(name: str, limit: float) -> str:
    return f"the budget of {limit:g} {name} is spent"
