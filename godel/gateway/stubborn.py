"""Tries a call again on what passes; gives up on what does not."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from godel.errors import Declined, ProviderFailed

from . import Answer
from .breaker import Breaker

if TYPE_CHECKING:
    from tenacity import RetryCallState

FIRST_WAIT_S, LONGEST_WAIT_S, LONGEST_ASKED_S = 1.0, 60.0, 300.0


class Stubborn:
    """Waits with exponential backoff and jitter, or as long as the provider asked for. One breaker a model."""

    def __init__(self, tries: int, stopping: threading.Event, first_wait_s: float = FIRST_WAIT_S) -> None:
        self._tries, self._stopping, self._first_wait_s = tries, stopping, first_wait_s
        self._breakers: dict[str, Breaker] = defaultdict(lambda: Breaker(time.monotonic))

    def __call__(self, name: str, call: Callable[[], Answer]) -> Answer:
        """Raises ProviderFailed once all tries are used, or the run is stopping."""
        import tenacity as t

        breaker = self._breakers[name]
        tries = t.Retrying(
            stop=t.stop_after_attempt(self._tries) | t.stop_when_event_set(self._stopping),
            wait=self._wait,
            retry=t.retry_if_exception_type(ProviderFailed),
            sleep=t.sleep_using_event(self._stopping),
            reraise=True,
        )
        return tries(lambda: guarded(breaker, name, call))

    def _wait(self, state: RetryCallState) -> float:
        from tenacity import wait_random_exponential

        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_s if isinstance(error, ProviderFailed) else None
        if asked is not None:
            return min(asked, LONGEST_ASKED_S)
        return wait_random_exponential(self._first_wait_s, LONGEST_WAIT_S)(state)


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
