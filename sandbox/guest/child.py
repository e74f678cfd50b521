"""One forked job of a zygote: its pipes, its clock, its ceilings, and how it begins."""

from __future__ import annotations

import importlib
import os
import random
import resource
import signal
import sys
import time

from godel.sandbox.guest import kernel, oom
from godel.sandbox.guest.clock import Clock
from godel.sandbox.guest.descriptors import close_all_but
from godel.sandbox.guest.jobs import Ceilings, Job
from godel.sandbox.guest.meter import Meter
from godel.sandbox.guest.port import Port
from godel.sandbox.guest.runqueue import RunQueue

LOG_PART = 1000
"""Characters of one frame or message of a traceback."""
HANG_UP_S = 1.0
"""How long a child may live on after it has closed its pipe."""
LOOK_AGAIN_S = 0.005
"""Least time between two looks at a clock that several processors may drive."""
HANDLED = (signal.SIGCHLD, signal.SIGINT)
"""What a zygote does not leave to the system."""
CPUS = len(os.sched_getaffinity(0))


class Child:
    """One forked job: its pipes, its clocks and how it ended."""

    def __init__(self, job: Job, uid: int | None, meter: Meter, queue: RunQueue) -> None:
        self.meter, self.cpu_s = meter, job.ceilings.cpu_s
        self.uid, self.reason, self.log = uid, "", b""
        self.inbox, self.outbox = memoryview(b""), bytearray()  # to the child, from the child
        self.logs, self.hung_up = True, None  # type: bool, float | None
        self.oom_kills = oom.kills()
        down, up, log = os.pipe(), os.pipe(), os.pipe()
        self.started = time.monotonic()
        meter.reset()
        self.pid = os.fork()
        if not self.pid:
            for fd in (down[1], up[0], log[0]):
                os.close(fd)
            run_job(job, uid, down[0], up[1], log[1])
        for fd in (down[0], up[1], log[1]):
            os.close(fd)
        self.down, self.up, self.err = down[1], up[0], log[0]
        for fd in (self.down, self.up, self.err):
            os.set_blocking(fd, False)
        queue.reset(self.pid)
        self.clock = Clock(job.ceilings.wall_s, job.ceilings.timed, queue)

    def own_cpu(self) -> float:
        """By its own CPU clock (clock_getcpuclockid)."""
        return time.clock_gettime(((~self.pid) << 3) | 2)

    def cpu(self) -> float:
        """CPU seconds so far, of the child and all that it started."""
        return max(self.own_cpu(), self.meter.cpu())

    @property
    def has_turn(self) -> bool:
        """Whether it may speak: it doesn't wait for the host."""
        return not self.clock.paused_for_host

    def note_hang_up(self) -> None:
        """It has closed its pipe."""
        self.hung_up = self.clock.counted()

    def idle_s(self) -> float | None:
        """Seconds until there could be something to see to at the earliest; None without a deadline."""
        left = [] if (look_s := self.clock.next_look_s()) is None else [look_s]
        if self.cpu_s is not None:
            left.append(max(LOOK_AGAIN_S, (self.cpu_s - self.cpu()) / CPUS))
        if self.hung_up is not None:
            left.append(HANG_UP_S - (self.clock.counted() - self.hung_up))
        return max(0.0, min(left)) + 0.001 if left else None

    def limit_reached(self) -> str:
        """Which one, or "": cpu, wall, starved, closed."""
        if self.clock.next_look_s() == 0.0:
            self.clock.look()
        if self.cpu_s is not None and self.cpu() >= self.cpu_s:
            return "cpu"
        if verdict := self.clock.verdict():
            return verdict
        if self.hung_up is not None and self.clock.counted() - self.hung_up >= HANG_UP_S:
            return "closed"
        return ""

    def readable(self) -> list[int]:
        """What to read from: a pipe that the child has closed would always be ready."""
        return [self.err] * self.logs + [self.up] * (self.has_turn and self.hung_up is None)

    def close(self) -> None:
        for fd in (self.down, self.up, self.err):
            os.close(fd)


def run_job(job: Job, uid: int | None, read_fd: int, write_fd: int, log_fd: int) -> None:
    """In the forked child: drop everything, then run the job. Never returns."""
    status = 1
    try:
        os.dup2(log_fd, 1)
        os.dup2(log_fd, 2)
        close_all_but({0, 1, 2, read_fd, write_fd})
        apply_ceilings(job.ceilings, uid)
        random.seed(0)  # forking has given it a state that nobody can know
        module, _, function = job.entry.partition(":")
        getattr(importlib.import_module(module), function)(Port(read_fd, write_fd), job.payload)
        status = 0
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
    except MemoryError:
        os.write(2, b"MemoryError\n")
        status = 137
    except BaseException as error:
        print_traceback(error)
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)


def print_traceback(error: BaseException) -> None:
    """Its traceback, as the last thing in the log, each part bounded: of a long log only the end is kept."""
    import traceback

    try:
        sys.stdout.flush()
    finally:
        for part in traceback.format_exception(error):
            sys.stderr.write(part if len(part) <= LOG_PART else f"{part[:LOG_PART]}...\n")


def prepare_children() -> None:
    """What is the same for every child, done once before the first is forked."""
    os.environ.clear()
    os.environ.update(HOME="/tmp", USER="nobody", PATH="/usr/bin:/bin", LANG="C.UTF-8", OMP_NUM_THREADS="1")
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)


def apply_ceilings(ceilings: Ceilings, uid: int | None) -> None:
    """Limits first, then the uid: afterwards nothing can be raised again."""
    signal.set_wakeup_fd(-1)
    for number in HANDLED:
        signal.signal(number, signal.SIG_DFL)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if ceilings.cpu_s is not None:
        ceiling = int(ceilings.cpu_s) + 2
        resource.setrlimit(resource.RLIMIT_CPU, (ceiling, ceiling))
    if ceilings.memory_bytes:
        ceiling = virtual_bytes() + ceilings.memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    if ceilings.file_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (ceilings.file_bytes,) * 2)
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    os.nice(1)


def virtual_bytes() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()
