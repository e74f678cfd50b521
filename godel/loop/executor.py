"""Who does a run's orders, anywhere: in threads of this process, in other interpreters, on a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from godel.loop.orders import Order, Result


@dataclass(frozen=True)
class Done:
    """The order of that number is done."""

    number: int
    result: Result


@dataclass(frozen=True)
class Failed:
    """The order of that number can't be done, for a failure of ours or because a budget is spent."""

    number: int
    error: BaseException


@dataclass(frozen=True)
class Waiting:
    """Something went away; the order of that number is tried again in so many seconds."""

    number: int
    problem: str
    delay_s: float


Message = Done | Failed | Waiting


class Executor(Protocol):
    """Does orders side by side. It knows nothing of the run's records, and gives results in any order."""

    def submit(self, number: int, order: Order) -> None:
        """Begin, or queue, an order. `number` names it in the messages about it."""

    def next(self) -> Message:
        """The next message about any order; waits for it."""

    def close(self) -> None:
        """Do nothing more. What is under way is given up."""
