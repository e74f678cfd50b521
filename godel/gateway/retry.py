"""Tries a call again after a failure that may pass."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TYPE_CHECKING, Any, TypeVar

from godel.errors import Declined, ProviderFailed

from .breaker import Breaker

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")

LONGEST_WAIT_S = 60.0
LONGEST_REQUESTED_WAIT_S = 300.0
"""A provider that asks for a longer wait is asked again after this."""


class Retry:
    """Waits between tries with exponential backoff and jitter, or as long as the provider asked for. Each model
    has a circuit breaker of its own."""

    def __init__(self, tries: int, first_wait_s: float) -> None:
        self._tries, self._first_wait_s = tries, first_wait_s
        self._stopping, self._stopped = threading.Event(), Future[None]()
        self._breakers: dict[str, Breaker] = defaultdict(lambda: Breaker(time.monotonic))

    def __call__(self, name: str, call: Callable[[], T], try_s: float) -> T:
        """The answer of the first try that has one. Raises ProviderFailed after the last, or when the run stops.
        `try_s`: how many seconds one try may take, from the request to the end of the reply."""
        import tenacity as t

        breaker = self._breakers[name]
        tries = t.Retrying(
            stop=t.stop_after_attempt(self._tries) | t.stop_when_event_set(self._stopping),
            wait=self._wait,
            retry=t.retry_if_exception_type(ProviderFailed),
            sleep=t.sleep_using_event(self._stopping),
            reraise=True,
        )
        return tries(lambda: guarded(breaker, name, lambda: self._waited(call, try_s)))

    def stop(self) -> None:
        """Nobody waits any longer, neither for an answer nor for the next try."""
        self._stopping.set()
        if not self._stopped.done():
            self._stopped.set_result(None)

    def _waited(self, call: Callable[[], T], try_s: float) -> T:
        """The call's answer. It is made in a thread that can be left behind: nothing else ends an HTTP request."""
        answer = Future[T]()
        threading.Thread(target=settle, args=(answer, call), name="model-call", daemon=True).start()
        either: tuple[Future[Any], ...] = (answer, self._stopped)
        wait(either, try_s, FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        raise ProviderFailed("the run is stopping" if self._stopped.done() else f"no answer in {try_s:g} s")

    def _wait(self, state: RetryCallState) -> float:
        from tenacity import wait_random_exponential

        error = state.outcome.exception() if state.outcome else None
        requested_s = error.retry_after_s if isinstance(error, ProviderFailed) else None
        if requested_s is not None:
            return min(requested_s, LONGEST_REQUESTED_WAIT_S)
        return wait_random_exponential(self._first_wait_s, LONGEST_WAIT_S)(state)


def settle(answer: Future[T], call: Callable[[], T]) -> None:
    try:
        answer.set_result(call())
    except BaseException as error:
        answer.set_exception(error)


def guarded(breaker: Breaker, name: str, call: Callable[[], T]) -> T:
    breaker.enter(name)
    try:
        answer = call()
    except ProviderFailed as error:
        if not isinstance(error, Declined):
            breaker.failed()
        raise
    breaker.succeeded()
    return answer
