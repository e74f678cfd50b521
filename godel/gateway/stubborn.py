"""Tries a call again on what passes; gives up on what does not."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TYPE_CHECKING, Any

from godel.errors import Declined, ProviderFailed

from . import Answer
from .breaker import Breaker

if TYPE_CHECKING:
    from tenacity import RetryCallState

LONGEST_WAIT_S, LONGEST_ASKED_S = 60.0, 300.0


class Stubborn:
    """Waits with exponential backoff and jitter, or as long as the provider asked for. One breaker a model."""

    def __init__(self, tries: int, first_wait_s: float) -> None:
        self._tries, self._first_wait_s = tries, first_wait_s
        self._stopping, self._stopped = threading.Event(), Future[None]()
        self._breakers: dict[str, Breaker] = defaultdict(lambda: Breaker(time.monotonic))

    def __call__(self, name: str, call: Callable[[], Answer], patience_s: float) -> Answer:
        """Raises ProviderFailed once all tries are used, or the run is stopping. `patience_s`: how long one
        try may take, however little of its answer comes at a time."""
        import tenacity as t

        breaker = self._breakers[name]
        tries = t.Retrying(
            stop=t.stop_after_attempt(self._tries) | t.stop_when_event_set(self._stopping),
            wait=self._wait,
            retry=t.retry_if_exception_type(ProviderFailed),
            sleep=t.sleep_using_event(self._stopping),
            reraise=True,
        )
        return tries(lambda: guarded(breaker, name, lambda: self._waited(call, patience_s)))

    def stop(self) -> None:
        """Nobody waits any longer, neither for an answer nor for the next try."""
        self._stopping.set()
        if not self._stopped.done():
            self._stopped.set_result(None)

    def _waited(self, call: Callable[[], Answer], patience_s: float) -> Answer:
        """The call's answer. It is made in a thread that can be left behind: nothing else ends an HTTP request."""
        answer = Future[Answer]()
        threading.Thread(target=settle, args=(answer, call), name="model-call", daemon=True).start()
        either: tuple[Future[Any], ...] = (answer, self._stopped)
        wait(either, patience_s, FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        raise ProviderFailed("the run is stopping" if self._stopped.done() else f"no answer in {patience_s:g} s")

    def _wait(self, state: RetryCallState) -> float:
        from tenacity import wait_random_exponential

        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_s if isinstance(error, ProviderFailed) else None
        if asked is not None:
            return min(asked, LONGEST_ASKED_S)
        return wait_random_exponential(self._first_wait_s, LONGEST_WAIT_S)(state)


def settle(answer: Future[Answer], call: Callable[[], Answer]) -> None:
    try:
        answer.set_result(call())
    except BaseException as error:
        answer.set_exception(error)


def guarded(breaker: Breaker, name: str, call: Callable[[], Answer]) -> Answer:
    breaker.enter(name)
    try:
        answer = call()
    except ProviderFailed as error:
        if not isinstance(error, Declined):
            breaker.failed()
        raise
    breaker.succeeded()
    return answer
