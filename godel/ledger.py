"""What was spent, and what may still be: counted on the host, whatever a sandbox says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from godel.lineage import Spend

from .config import Budget
from .errors import BudgetSpent

Charge = Callable[[Spend], None]
"""Told of everything that is spent, as soon as it is. Raises BudgetSpent when that is too much."""


def free(spend: Spend) -> None:
    """Charges nobody: the seed's own scores, reports and replays."""


@dataclass(frozen=True)
class Allowance:
    """What one generation may use: a budget, less what was `spent` before it was ordered, and `elapsed_s` seconds
    of the wall clock.

    It follows from records alone, the clock apart. So evaluations run out at the same generation whatever the
    timing; with W workers in flight the run as a whole can be over by what W - 1 generations used."""

    budget: Budget = field(default_factory=Budget)
    spent: Spend = field(default_factory=Spend)
    elapsed_s: float = field(default=0.0, compare=False)

    def used_up(self) -> BudgetSpent | None:
        """The first of the budgets of which nothing is left."""
        over = (_spent(name, limit, used) for name, used, limit in self._limited() if used >= limit)
        return next(over, None)

    def exceeded(self) -> BudgetSpent | None:
        """The first of the budgets of which more was used than there is."""
        over = (_spent(name, limit, used) for name, used, limit in self._limited() if used > limit)
        return next(over, None)

    def _limited(self) -> Iterator[tuple[str, float, float]]:
        """Each budget that has a limit: its name, what was used, the limit."""
        for name in ("evaluations", "cpu_s", "model_calls", "tokens", "dollars", "wall_s"):
            if (limit := getattr(self.budget, name)) is not None:
                yield name, self.elapsed_s if name == "wall_s" else getattr(self.spent, name), limit


class Meter:
    """Counts against an allowance while its order is done. Thread-safe."""

    def __init__(self, allowance: Allowance, clock: Callable[[], float] = time.monotonic) -> None:
        self._allowance, self._spent = allowance, allowance.spent
        self._clock, self._began = clock, clock()
        self._lock = threading.Lock()

    def charge(self, spend: Spend) -> None:
        """Raises BudgetSpent when more was used than the budget."""
        with self._lock:
            self._spent += spend
        elapsed_s = self._allowance.elapsed_s + self._clock() - self._began
        if over := Allowance(self._allowance.budget, self._spent, elapsed_s).exceeded():
            raise over


def _spent(name: str, limit: float, used: float) -> BudgetSpent:
    return BudgetSpent(f"the budget of {limit:g} {name} is spent", name, used)
