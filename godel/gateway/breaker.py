"""A provider that keeps failing is left alone for a while, so that nobody waits for it call by call."""

from __future__ import annotations

import threading
from collections.abc import Callable

from godel.errors import ProviderFailed

FAILURES = 8
"""In a row, over all threads, that open the circuit."""
REST_S = 30.0


class Breaker:
    """Closed: calls pass. Open: they fail at once. After a rest one call may try again."""

    def __init__(self, clock: Callable[[], float], failures: int = FAILURES, rest_s: float = REST_S) -> None:
        self._clock, self._most, self._rest_s = clock, failures, rest_s
        self._failures, self._until, self._lock = 0, 0.0, threading.Lock()

    def enter(self, name: str) -> None:
        """Raises ProviderFailed while the circuit is open."""
        with self._lock:
            left = self._until - self._clock()
            if self._failures >= self._most and left > 0:
                raise ProviderFailed(f"{name} failed {self._failures} times in a row: left alone for {left:.0f} s")
            if self._failures >= self._most:
                self._until = self._clock() + self._rest_s  # this call tries; the others wait for what it finds

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= self._most:
                self._until = self._clock() + self._rest_s
