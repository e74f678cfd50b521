"""An executor from outside: what it gives is looked at before the loop goes by it."""

from __future__ import annotations

from contextlib import AbstractContextManager

from godel.errors import GodelError
from godel.lineage.errors import LineageError
from godel.loop.executor import Done, Executor, Failed, Message, Waiting
from godel.loop.orders import Evaluate, Evaluated, Order, Proposed, Result
from godel.loop.worker import Services, Setup
from godel.outside import WrongAnswer
from godel.policies.executors import EXECUTORS, Starts
from godel.sandbox import SandboxError
from godel.tasks import TaskError

FAILURES = (GodelError, SandboxError, LineageError, TaskError)
"""Of ours, that doing an order may bring about."""


class Supervised:
    """The executor that `starts` gives. Raises OutsideFailed for all that is not as `Executor` has it, and
    whatever a worker raises."""

    def __init__(self, starts: Starts, setup: Setup, services: Services) -> None:
        self._starts = starts
        self._orders: dict[int, Order] = {}
        """Under way."""
        with self._outside():
            self._executor: Executor = starts.start(setup, services)
            if not all(callable(getattr(self._executor, name, None)) for name in ("submit", "next", "close")):
                raise WrongAnswer(self._executor, "an executor: an object with submit, next and close")

    def submit(self, number: int, order: Order) -> None:
        self._orders[number] = order
        with self._outside():
            self._executor.submit(number, order)

    def next(self) -> Message:
        with self._outside():
            message = self._executor.next()
            self._check(message)
        if not isinstance(message, Waiting):
            del self._orders[message.number]
        return message

    def close(self) -> None:
        with self._outside():
            self._executor.close()

    def _outside(self) -> AbstractContextManager[None]:
        return EXECUTORS.outside(self._starts, FAILURES)

    def _check(self, message: object) -> None:
        """Raises WrongAnswer."""
        if not isinstance(message, Done | Failed | Waiting):
            raise WrongAnswer(message, "Done, Failed or Waiting")
        if type(message.number) is not int or message.number not in self._orders:
            raise WrongAnswer(message, f"a message about an order under way: {sorted(self._orders)}")
        if isinstance(message, Done) and not _answers(message.result, self._orders[message.number]):
            raise WrongAnswer(message, f"the result of order {message.number}, Proposed or Evaluated as it asks")
        if isinstance(message, Failed) and not isinstance(message.error, Exception | KeyboardInterrupt):
            raise WrongAnswer(message, "Failed with an exception")
        if isinstance(message, Waiting) and not _told(message):
            raise WrongAnswer(message, "Waiting with a problem, as text, and a delay in seconds")


def _answers(result: Result, order: Order) -> bool:
    """Whether this is a result of that order."""
    if isinstance(order, Evaluate):
        return isinstance(result, Evaluated)
    return isinstance(result, Proposed) and result.generation.index == order.index


def _told(message: Waiting) -> bool:
    return isinstance(message.problem, str) and isinstance(message.delay_s, int | float)
