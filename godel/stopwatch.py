"""What the wall clock of a session went into."""

from __future__ import annotations

import time
from collections.abc import Callable

SEED = "scoring the seed"
GENERATIONS = "generations"
REPORT = "the held-out report"


class Stopwatch:
    """Runs from when it is made. `laps`: seconds by what they went into, in the order of the first lap."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = self._last = clock()
        self.laps: dict[str, float] = {}

    def elapsed_s(self) -> float:
        return self._clock() - self._began

    def lap(self, what: str) -> None:
        """The time since the last lap went into `what`."""
        now = self._clock()
        self.laps[what] = self.laps.get(what, 0.0) + now - self._last
        self._last = now
