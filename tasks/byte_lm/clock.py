"""The judge's own clock, for presets whose budget is time."""

from __future__ import annotations

import time

from godel.tasks.judging import Invalid


class Clock:
    """One budget for training and predictions together, from the first request to the last
    reply. So it gains nothing to train on while predicting, in a thread or between two
    requests: those seconds are missing elsewhere."""

    def __init__(self, seconds: float | None, grace_s: float) -> None:
        self._seconds, self._grace_s = seconds, grace_s
        self._begin = time.monotonic()

    def spent(self) -> float:
        """The share of the budget that is used up; 0 where there is no such budget."""
        return (time.monotonic() - self._begin) / self._seconds if self._seconds else 0.0

    def check(self, what: str) -> None:
        """Raises Invalid when `what` ended later than the allowance permits."""
        if not self._seconds:
            return
        over = (self.spent() - 1) * self._seconds
        if over > self._grace_s:
            allowed = f"{self._grace_s:g} s are allowed for the last step and all predictions"
            raise Invalid(f"{what} took {over:.1f} s more than its {self._seconds:g} s; {allowed}")
