"""How long a guest was kept from running: it had something to run, and nothing of it ran.

The kernel calls that full CPU pressure, and tells it of a whole control group at most. The scheduler's
statistics of each thread (`schedstat`: seconds run, seconds waited in the run queue) are everywhere, and
bound it: while one thread waited for w seconds and the others ran for r together, the guest was kept from
running for w - r seconds at least. So processes that only wait for each other gain nothing by it. No second is
counted twice: each interval between two looks keeps how much of it is claimed.
"""

from __future__ import annotations

import os
import time
from collections import deque
from typing import NamedTuple

from godel.sandbox.guest.meter import Meter

NANO, MICRO = 1e-9, 1e-6
INTERVALS = 100
"""Kept: a wait that goes back further than so many looks has been claimed while it lasted."""


class Thread(NamedTuple):
    """One thread when it was last looked at. `waited_s` may be ahead of the kernel's count, which grows only
    when a wait ends. `turn_s`: what it ran when it ran last; `queued`: it was runnable, and had not run since
    the look before."""

    ran_s: float = 0.0
    counted_s: float = 0.0
    waited_s: float = 0.0
    turn_s: float = 0.0
    queued: bool = False


class Interval:
    """Between two looks: how long it was, how much the guest ran, and how much of the rest is claimed."""

    def __init__(self, length_s: float, ran_s: float) -> None:
        self.length_s, self.ran_s = length_s, ran_s
        self.free_s = max(0.0, length_s - ran_s)

    def claim(self, seconds: float) -> float:
        """As much of `seconds` as is free."""
        claimed = min(seconds, self.free_s)
        self.free_s -= claimed
        return claimed


class Claim(NamedTuple):
    """A wait of `seconds` in the last interval, and in those before it as far as `reach_s` goes back from there."""

    seconds: float = 0.0
    reach_s: float = 0.0


class Waits(NamedTuple):
    """Seconds in which the guest was kept from running: so many for certain, and so many more possibly."""

    certain: float
    possible: float


class RunQueue:
    """Watches every process of the guest but this one. One that gave up its turn (a lower priority, another
    policy, fewer processors than it was given) does not count as waiting."""

    def __init__(self, meter: Meter, alone: bool, proc: str = "/proc") -> None:
        """`alone`: this pid namespace is the guest's, so that everybody in it is to be watched."""
        self._meter, self._alone, self._proc = meter, alone, proc
        self._ours = {str(os.getpid()), "1"} if alone else set()
        self._normal = (os.getpriority(os.PRIO_PROCESS, 0) + 1, os.sched_getaffinity(0))
        self.readable = any(self._numbers("self/schedstat"))
        """Whether this kernel keeps the statistics. Else nothing is known, and nothing counts as waiting."""

    def reset(self, pid: int) -> None:
        """From now on, for a job whose first process is `pid`."""
        self._pid, self._threads = str(pid), {}  # type: str, dict[str, Thread]
        self._at, self._cpu_s, self._forks = time.monotonic(), self._meter.cpu(), self._last_pid()
        self._pressure_s = self._pressure()
        self._intervals: deque[Interval] = deque(maxlen=INTERVALS)  # the last comes first

    def look(self) -> Waits:
        """Since the last look. What begins and ends between two looks is not seen: then there is a `possible`."""
        before, self._threads = self._threads, {}
        now, cpu_s, forks, pressure_s = time.monotonic(), self._meter.cpu(), self._last_pid(), self._pressure()
        since = now - self._at
        for tid in self._tids():
            if thread := self._thread(tid, before.get(tid), since):
                self._threads[tid] = thread
        unseen = self._alone and forks - self._forks > len(self._threads.keys() - before.keys())
        ran = cpu_s - self._cpu_s if self._meter.counts else self._ran(before, unseen, since)
        self._intervals.appendleft(Interval(since, ran))
        certain = self._claim(max((self._claimed(tid, before) for tid in self._threads), default=Claim()))
        possible = self._intervals[0].claim(max(0.0, pressure_s - self._pressure_s - certain)) if unseen else 0.0
        self._at, self._cpu_s, self._forks, self._pressure_s = now, cpu_s, forks, pressure_s
        return Waits(certain, possible)

    def _claimed(self, tid: str, before: dict[str, Thread]) -> Claim:
        """What a thread waited, less what the others ran meanwhile. A wait that has just ended goes back to when
        it began."""
        thread, old = self._threads[tid], before.get(tid, Thread())
        waited_s, ran_s = thread.waited_s - old.waited_s, thread.ran_s - old.ran_s
        if waited_s <= 0:
            return Claim()
        reach_s = thread.counted_s - old.counted_s - (self._intervals[0].length_s - ran_s)
        own_s = ran_s + (old.turn_s if reach_s > 0 else 0.0)
        others_s = sum(each.ran_s for each in self._within(reach_s)) - own_s
        left_s = waited_s - max(0.0, others_s)
        return Claim(left_s, reach_s) if left_s > 0 and self._wants_its_turn(tid) else Claim()

    def _claim(self, claim: Claim) -> float:
        claimed = 0.0
        for each in self._within(claim.reach_s):
            claimed += each.claim(claim.seconds - claimed)
        return claimed

    def _within(self, reach_s: float) -> list[Interval]:
        """The last interval, and those before it as far as `reach_s` goes back from its beginning."""
        intervals, left_s = [], reach_s
        for number, each in enumerate(self._intervals):
            if number and left_s <= 0:
                break
            intervals.append(each)
            left_s -= each.length_s if number else 0.0
        return intervals

    def _ran(self, before: dict[str, Thread], unseen: bool, since: float) -> float:
        """CPU seconds since the last look where no control group counts them: at most all there were."""
        ran_s = sum(thread.ran_s - before.get(tid, Thread()).ran_s for tid, thread in self._threads.items())
        return since if unseen else ran_s

    def _tids(self) -> list[str]:
        pids = [pid for pid in os.listdir(self._proc) if pid.isdigit()] if self._alone else [self._pid]
        return [f"{pid}/task/{tid}" for pid in pids if pid not in self._ours for tid in self._listed(f"{pid}/task")]

    def _thread(self, tid: str, old: Thread | None, since: float) -> Thread | None:
        numbers = self._numbers(f"{tid}/schedstat")
        if len(numbers) < 2:  # it has just ended
            return None
        ran_s, counted_s = numbers[0] * NANO, numbers[1] * NANO
        known = old or Thread()
        still = (known.ran_s, known.counted_s) == (ran_s, counted_s)
        queued = still and self._runnable(tid)
        ahead_s = known.waited_s + since if queued and known.queued else known.waited_s
        turn_s = ran_s - known.ran_s if ran_s > known.ran_s else known.turn_s
        return Thread(ran_s, counted_s, max(ahead_s, counted_s), turn_s, queued)

    def _runnable(self, tid: str) -> bool:
        return self._read(f"{tid}/stat").rpartition(b")")[2].split()[:1] == [b"R"]

    def _wants_its_turn(self, path: str) -> bool:
        tid = int(path.rpartition("/")[2])
        try:
            nice, processors = os.getpriority(os.PRIO_PROCESS, tid), os.sched_getaffinity(tid)
            return (
                os.sched_getscheduler(tid) == os.SCHED_OTHER
                and nice <= self._normal[0]
                and processors >= self._normal[1]
            )
        except OSError:  # it has just ended
            return False

    def _last_pid(self) -> int:
        """Grows with every process and thread that begins in this pid namespace."""
        return int((self._read("loadavg").split() or [b"0"])[-1])

    def _pressure(self) -> float:
        """Seconds in which somebody on this machine waited for a processor; 0 where the kernel does not say."""
        return float(self._read("pressure/cpu").partition(b"total=")[2].split(b"\n")[0] or 0) * MICRO

    def _numbers(self, name: str) -> list[int]:
        return [int(word) for word in self._read(name).split()]

    def _read(self, name: str) -> bytes:
        try:
            fd = os.open(f"{self._proc}/{name}", os.O_RDONLY)
        except OSError:
            return b""
        try:
            return os.read(fd, 4096)
        except OSError:  # its process has ended
            return b""
        finally:
            os.close(fd)

    def _listed(self, name: str) -> list[str]:
        try:
            return os.listdir(f"{self._proc}/{name}")
        except OSError:
            return []
