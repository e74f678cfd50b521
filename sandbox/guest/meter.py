"""CPU seconds of everything in this guest, as its control group counts them.

A process's own clock says nothing of the processes that it starts, and what `wait` adds up can be
withheld (a process that ignores SIGCHLD leaves no account of its children). The group counts all.
"""

from __future__ import annotations

import os
import resource
import time

FILES = (
    "/sys/fs/cgroup/cpu.stat",
    "/sys/fs/cgroup/cpuacct/cpuacct.usage",
    "/sys/fs/cgroup/cpu,cpuacct/cpuacct.usage",
)
"""Where a container sees its own group: version 2, and the two places of version 1."""


class Meter:
    """Counts what the guest uses. Without a group it knows of this process and of those that it has waited for."""

    def __init__(self, fd: int | None) -> None:
        """`fd`: the group's file, already open, for a guest that has no /sys."""
        self._fd = own_group() if fd is None else fd
        self.counts = self._fd is not None
        """Whether a group counts what all processes use."""
        self.reset()

    def reset(self) -> None:
        self._start = self._others()

    def cpu(self) -> float:
        """CPU seconds since `reset`, of every process in the guest but this one; 0 without a group."""
        return self._others() - self._start

    def total(self) -> float:
        """CPU seconds of the guest since it was started, this process and what started it included."""
        if self._fd is not None:
            return seconds(os.pread(self._fd, 4096, 0))
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + ended.ru_utime + ended.ru_stime

    def _others(self) -> float:
        return 0.0 if self._fd is None else seconds(os.pread(self._fd, 4096, 0)) - time.process_time()


def own_group() -> int | None:
    """A descriptor of its file, where this process sees it."""
    readable = (file for file in FILES if os.access(file, os.R_OK))
    return next((os.open(file, os.O_RDONLY) for file in readable), None)


def seconds(usage: bytes) -> float:
    """cpuacct.usage is a number of nanoseconds; cpu.stat begins with `usage_usec` and a number."""
    fields = usage.split()
    return int(fields[1]) / 1e6 if fields[0] == b"usage_usec" else int(fields[0]) / 1e9
