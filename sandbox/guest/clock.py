"""A job's clock: it counts the seconds in which the job could run, however busy the machine is."""

from __future__ import annotations

import time

from godel.sandbox.guest.runqueue import RunQueue

LOOK_S = 0.1
"""Seconds between two looks at what waits in the run queue."""
STOPPED_S = 1.0
"""A look that comes so late says that the zygote could not run either: paused, or the whole machine was."""
MOST_TIMES = 50
"""Times its wall limit: a guest that gets less of the time than the fiftieth part shows that nothing can be
scored here now. No candidate can bring that about."""
MOST_UNSEEN_TIMES = 4
"""Times its wall limit: what a job may be given at most for waits that nobody saw, but that the machine's
load makes possible (a program that starts very many short processes on a busy machine)."""
STARVED_SHARE = 0.1
STARVED_S = 0.5
"""Of its time, and at least so many seconds: a timed job that waited for so long is not judged by what it does."""


class Clock:
    """Starts when it is made. It stands still in the host's turns, and while the guest is kept from running.
    One of a `timed` job, whose budget is time, counts every second, and says when too many were not its own."""

    def __init__(self, wall_s: float | None, timed: bool, queue: RunQueue, most_times: float = MOST_TIMES) -> None:
        self._wall_s, self._timed, self._queue = wall_s, timed, queue
        self._longest_s = most_times * (wall_s or 0.0)
        self._began, self._hosts_s = time.monotonic(), 0.0
        self._paused_at: float | None = None
        self._seen_s = 0.0  # on this clock, at the last look
        self.certain_s = self.possible_s = 0.0
        """Seconds in which the guest was kept from running (see `Waits`)."""

    @property
    def paused_for_host(self) -> bool:
        """Whether it is the host's turn. The clock of a timed job counts that too."""
        return self._paused_at is not None

    def pause_for_host(self) -> None:
        """The host's turn begins."""
        self._paused_at = time.monotonic()

    def resume(self) -> None:
        """The host has answered."""
        if not self._timed and self._paused_at is not None:
            self._hosts_s += time.monotonic() - self._paused_at
        self._paused_at = None

    def passed(self) -> float:
        """Seconds since it was started, less the host's turns unless it is timed."""
        now = self._paused_at if not self._timed and self._paused_at is not None else time.monotonic()
        return now - self._began - self._hosts_s

    def counted(self) -> float:
        """The seconds that the wall limit is about."""
        return self.passed() - (0.0 if self._timed else self.certain_s + self.possible_s)

    def waited(self) -> float | None:
        """Seconds in which the guest was kept from running; None where that can't be known."""
        return self.certain_s + self.possible_s if self._queue.readable else None

    def look(self) -> None:
        """To be called every LOOK_S while it runs."""
        passed = self.passed()
        since, self._seen_s = passed - self._seen_s, passed
        waits = self._queue.look()
        stopped = since - LOOK_S if since > STOPPED_S else 0.0
        free = passed - self.certain_s - self.possible_s
        certain = min(free, max(waits.certain, stopped))
        self.certain_s += certain
        self.possible_s += min(
            free - certain, waits.possible, MOST_UNSEEN_TIMES * (self._wall_s or 0.0) - self.possible_s
        )

    def next_look_s(self) -> float | None:
        """Seconds until it has to be looked at again; None while it stands still, or has no limit."""
        if self._wall_s is None or (not self._timed and self.paused_for_host):
            return None
        return max(0.0, min(LOOK_S - (self.passed() - self._seen_s), self._wall_s - self.counted()))

    def verdict(self) -> str:
        """Whether the limit is reached: "wall", or "starved" where nothing can be scored now; else ""."""
        if self._wall_s is None or (self.counted() < self._wall_s and self.passed() < self._longest_s):
            return ""
        self.look()
        if self._timed or self.counted() >= self._wall_s:
            return "wall"
        return "starved" if self.passed() >= self._longest_s else ""

    def fair(self) -> bool:
        """Whether a job whose budget is time had the time."""
        return not self._timed or self.certain_s < max(STARVED_S, STARVED_SHARE * self.passed())
