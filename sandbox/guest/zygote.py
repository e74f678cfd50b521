"""The first program in every guest: does the heavy imports once, then forks a child per job.

It stands between the host's pipe and untrusted code. A child never holds the host's
descriptors; it has a pipe of its own, may send one frame a turn, and is ended with all
its descendants at its deadline. Frames are one line, tagged by who speaks:

    host -> zygote   S{"entry": ..., "payload": ..., "cpu_s": ..., "wall_s": ...}   start a child
                     D<json>   a message for the child        K   end the child
    zygote -> host   Z{"ready": ...} | Z{"exit": {...}}       D<json>   the child's message
                     C<number>   CPU seconds that the guest has used since it was started: before each
                                 of these, and every few seconds while the child has its turn

The child's bytes are passed on unparsed: a child cannot speak as the zygote.
"""

from __future__ import annotations

import sys

sys.path.insert(0, __file__.removesuffix("/godel/sandbox/guest/zygote.py"))
sys.path[:] = [path for path in sys.path if not path.endswith("/sandbox/guest")]

import ctypes
import gc
import importlib
import json
import os
import random
import resource
import select
import shutil
import signal
import time
from typing import Any

from godel.contract.limits import FRAME_BYTES
from godel.sandbox.guest import oom
from godel.sandbox.guest.clock import Clock
from godel.sandbox.guest.jobs import Ceilings, Exit, Job, Ready
from godel.sandbox.guest.meter import Meter
from godel.sandbox.guest.port import Port
from godel.sandbox.guest.runqueue import RunQueue

LOG_TAIL = 4096
LOG_PART = 1000
"""Characters of one frame or message of a traceback."""

WRITABLE = ("/tmp", "/dev/shm")
EVERY_CHILD_IMPORTS = ("traceback", "godel.sandbox.guest.candidate", "godel.sandbox.guest.scaffold")
"""Done once here: what a child imports for itself, it imports again for every candidate."""
PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4
BEAT_S = 5.0
"""While a child has its turn, the host hears from the zygote as often: silence says that it is no more."""
HANG_UP_S = 1.0
"""How long a child may live on after it has closed its pipe."""
LOOK_AGAIN_S = 0.005
"""Least time between two looks at a clock that several processors may drive."""
FIXED_SIGNALS = {signal.SIGKILL, signal.SIGSTOP, signal.SIGPIPE, signal.SIGXFSZ}
"""Two that nobody can handle, and two that Python ignores: as errors they say more."""
CPUS = len(os.sched_getaffinity(0))
LIBC = ctypes.CDLL(None)


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
            become(job, uid, down[0], up[1], log[1])
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
    def turn(self) -> bool:
        """Whether it may speak: it doesn't wait for the host."""
        return not self.clock.hosts_turn

    def hang_up(self) -> None:
        """It has closed its pipe."""
        self.hung_up = self.clock.counted()

    def patience(self) -> float | None:
        """Seconds until there could be something to see to at the earliest; None without a deadline."""
        left = [] if (look_s := self.clock.next_look_s()) is None else [look_s]
        if self.cpu_s is not None:
            left.append(max(LOOK_AGAIN_S, (self.cpu_s - self.cpu()) / CPUS))
        if self.hung_up is not None:
            left.append(HANG_UP_S - (self.clock.counted() - self.hung_up))
        return max(0.0, min(left)) + 0.001 if left else None

    def overdue(self) -> str:
        if self.clock.next_look_s() == 0.0:
            self.clock.look()
        if self.cpu_s is not None and self.cpu() >= self.cpu_s:
            return "cpu"
        if verdict := self.clock.verdict():
            return verdict
        if self.hung_up is not None and self.clock.counted() - self.hung_up >= HANG_UP_S:
            return "closed"
        return ""

    def sources(self) -> list[int]:
        """What to read from: a pipe that the child has closed would always be ready."""
        return [self.err] * self.logs + [self.up] * (self.turn and self.hung_up is None)

    def close(self) -> None:
        for fd in (self.down, self.up, self.err):
            os.close(fd)


def become(job: Job, uid: int | None, read_fd: int, write_fd: int, log_fd: int) -> None:
    """In the forked child: drop everything, then run the job. Never returns."""
    status = 1
    try:
        os.dup2(log_fd, 1)
        os.dup2(log_fd, 2)
        keep = {0, 1, 2, read_fd, write_fd}
        for fd in map(int, os.listdir("/proc/self/fd")):
            if fd not in keep:
                try:
                    os.close(fd)
                except OSError:
                    pass  # the listing's own descriptor
        confine(job.ceilings, uid)
        seed_randomness()
        module, _, function = job.entry.partition(":")
        getattr(importlib.import_module(module), function)(Port(read_fd, write_fd), job.payload)
        status = 0
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
    except MemoryError:
        os.write(2, b"MemoryError\n")
        status = 137
    except BaseException as error:
        complain(error)
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)


def complain(error: BaseException) -> None:
    """Its traceback, as the last thing in the log, each part bounded: of a long log only the end is kept."""
    import traceback

    try:
        sys.stdout.flush()
    finally:
        for part in traceback.format_exception(error):
            sys.stderr.write(part if len(part) <= LOG_PART else f"{part[:LOG_PART]}...\n")


def seed_randomness() -> None:
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)


def confine(ceilings: Ceilings, uid: int | None) -> None:
    """Limits first, then the uid: afterwards nothing can be raised again."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - FIXED_SIGNALS:  # whoever started us may ignore some (nohup, `&`)
        signal.signal(number, signal.SIG_DFL)
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
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
    os.environ.clear()
    os.environ.update(HOME="/tmp", PATH="/usr/bin:/bin", LANG="C.UTF-8", OMP_NUM_THREADS="1")


def virtual_bytes() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()


class Zygote:
    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.host_in, self.host_out = os.dup(0), os.dup(1)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(2, 1)
        os.set_blocking(self.host_in, False)
        self.wake_out, self.wake_in = os.pipe()
        for fd in (self.wake_out, self.wake_in):
            os.set_blocking(fd, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # Python handles it, and what an init handles its children can send it, where they have its uid.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(self.wake_in, warn_on_full_buffer=False)
        # Untrusted children with our uid (the tier without uids) must not read or trace us.
        LIBC.prctl(PR_SET_DUMPABLE, 0)
        self.next_uid, self.meter = config.get("uid_base"), Meter(config.get("cpu_fd"))
        self.queue, self.counted = RunQueue(self.meter, self.alone()), time.monotonic()
        self.buffer, self.child = bytearray(), None  # type: bytearray, Child | None

    def prepare(self) -> None:
        """The heavy imports, and the limits that hold for this process and its children."""
        sys.path += self.config.get("path", ())
        for name in (*self.config.get("preload", ()), *EVERY_CHILD_IMPORTS):
            importlib.import_module(name)
        if self.alone():
            remove_litter()  # torch leaves a folder, which would count as a child's that it can't remove
        seed_randomness()
        for name, ceiling in self.config.get("rlimits", {}).items():
            total = ceiling + virtual_bytes() if name == "as" else ceiling
            resource.setrlimit(getattr(resource, f"RLIMIT_{name.upper()}"), (total, total))

    def serve(self) -> None:
        self.prepare()
        gc.collect()
        gc.freeze()
        self.say(Ready(sys.version.split()[0], os.getpid()))
        while True:
            child = self.child
            reads = [self.host_in, self.wake_out]
            writes: list[int] = []
            if child:
                reads += child.sources()
                if child.inbox:
                    writes.append(child.down)
            ready, writable, _ = select.select(reads, writes, [], self.patience())
            if self.wake_out in ready:
                os.read(self.wake_out, 4096)  # left unread, it would keep an idle zygote busy
            if self.host_in in ready and not self.hear():
                break
            if child and child is self.child:
                self.tend(child, ready, writable)
            if self.beats() and time.monotonic() - self.counted >= BEAT_S:
                self.count()
        self.end()

    def beats(self) -> bool:
        """Whether the host waits for the child, and for signs of life."""
        return self.child is not None and self.child.turn

    def patience(self) -> float | None:
        """How long nothing needs to be seen to, in seconds."""
        left = [] if self.child is None or (soon := self.child.patience()) is None else [soon]
        if self.beats():
            left.append(max(0.0, BEAT_S - (time.monotonic() - self.counted)))
        return min(left, default=None)

    def hear(self) -> bool:
        """Read from the host; False once it has hung up."""
        data = os.read(self.host_in, 1 << 20)
        self.buffer += data
        searched = len(self.buffer) - len(data)
        while (end := self.buffer.find(b"\n", searched)) >= 0:
            line, searched = bytes(self.buffer[:end]), 0
            del self.buffer[: end + 1]
            self.obey(line[:1], line[1:])
        return bool(data)

    def obey(self, tag: bytes, body: bytes) -> None:
        if tag == b"S":
            self.end()
            self.spawn(Job.from_json(json.loads(body)))
        elif tag == b"K":
            self.finish("killed")
        elif tag == b"D" and self.child:
            self.deliver(self.child, body)

    def spawn(self, job: Job) -> None:
        if self.next_uid is not None:
            self.next_uid += 1
        self.child = Child(job, self.next_uid, self.meter, self.queue)

    def deliver(self, child: Child, body: bytes) -> None:
        spoke, _, _ = select.select([child.up], [], [], 0)
        if spoke and os_read(child.up, 1):
            self.finish("out of turn")
            return
        child.inbox = memoryview(body + b"\n")
        child.clock.take_over()

    def tend(self, child: Child, ready: list[int], writable: list[int]) -> None:
        if child.err in ready:
            data = os_read(child.err, 1 << 16)
            child.log, child.logs = (child.log + data)[-LOG_TAIL:], bool(data)
        if writable:
            try:
                child.inbox = child.inbox[os.write(child.down, child.inbox) :]
            except BrokenPipeError:
                child.inbox = memoryview(b"")
        if child.up in ready and not self.relay(child):
            child.hang_up()
        if self.child is child and (reason := child.overdue()):
            self.finish(reason)
        if self.child is child and exited(child.pid):
            self.relay(child)
            if self.child is child:
                self.finish("")

    def relay(self, child: Child) -> bool:
        """Pass on at most one frame, then wait for the host's turn. False if there was nothing to read."""
        spoke = False
        while child.turn and (data := os_read(child.up, 1 << 20)):
            spoke = True
            child.outbox += data
            end = child.outbox.find(b"\n", len(child.outbox) - len(data))
            if (len(child.outbox) if end < 0 else end) > FRAME_BYTES:
                self.finish("flood")
            elif 0 <= end < len(child.outbox) - 1:
                self.finish("out of turn")
            elif end >= 0:
                frame, child.outbox = b"D" + child.outbox, bytearray()
                child.clock.hand_over()
                self.count()
                self.write(frame)
            if self.child is not child:
                break
        return spoke

    def finish(self, reason: str) -> None:
        """End the child and everything it started; tell the host how it went."""
        child = self.child
        if child is None:
            return
        self.child = None
        child.clock.look()
        cpu, waited_s, fair = child.cpu(), child.clock.waited(), child.clock.fair()
        stopped = reason == "wall" and is_stopped(child.pid)
        if reason:
            os.kill(child.pid, signal.SIGKILL)
        _, status, usage = os.wait4(child.pid, 0)
        self.sweep(child)
        while data := os_read(child.err, 1 << 16):
            child.log = (child.log + data)[-LOG_TAIL:]
        code = os.waitstatus_to_exitcode(status)
        self.say(
            Exit(
                (reason or describe(code, child.oom_kills)) if fair else "starved",
                status=code,
                cpu_s=max(cpu, usage.ru_utime + usage.ru_stime),
                wall_s=time.monotonic() - child.started,
                waited_s=waited_s,
                stopped=stopped,
                max_rss_bytes=usage.ru_maxrss * 1024,
                log=child.log.decode("utf-8", "replace"),
            )
        )
        child.close()

    def sweep(self, child: Child) -> None:
        """Nothing of the child survives it: no process, no file."""
        if self.alone():
            while kill_everybody():  # a process that is told to end may still act until it has
                reap()
            if littered():
                self.wipe(child.uid)
            if littered():  # the next child must not find it: this guest is of no more use
                raise SystemExit("a child left files that can't be removed")

    def alone(self) -> bool:
        """Only inside a pid namespace of our own (its init is our parent, or we are) is "all" ours to end."""
        return bool(self.config.get("sweep")) and 1 in (os.getpid(), os.getppid())

    def wipe(self, uid: int | None) -> None:
        """Remove the child's files as the child's user: the zygote may not."""
        pid = os.fork()
        if not pid:
            try:
                if uid is not None:
                    os.setresuid(uid, uid, uid)
                remove_litter()
            finally:
                os._exit(0)  # whether all is gone is looked at from outside
        os.waitpid(pid, 0)

    def end(self) -> None:
        if self.child:
            self.finish("killed")

    def say(self, message: Ready | Exit) -> None:
        self.count()
        self.write(b"Z" + json.dumps(message.to_json()).encode() + b"\n")

    def count(self) -> None:
        """Tell the host what this guest has used so far."""
        running = 0.0 if self.meter.counts or not self.child else self.child.own_cpu()
        self.counted = time.monotonic()
        self.write(b"C%f\n" % (self.meter.total() + running))

    def write(self, line: bytes) -> None:
        data = memoryview(line)
        while data:
            data = data[os.write(self.host_out, data) :]


def os_read(fd: int, size: int) -> bytes:
    try:
        return os.read(fd, size)
    except BlockingIOError:
        return b""


def littered() -> bool:
    return any(os.path.isdir(place) and os.listdir(place) for place in WRITABLE)


def remove_litter() -> None:
    for place in filter(os.path.isdir, WRITABLE):
        for entry in os.scandir(place):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)


def exited(pid: int) -> bool:
    """Whether `pid` has ended; it stays a zombie, so that its usage can still be read. Its orphans
    are reaped on the way: where this process is init, they count against the limit until then."""
    while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        if ended.si_pid == pid:
            return True
        os.waitpid(ended.si_pid, 0)
    return False


def kill_everybody() -> bool:
    """Everybody in this pid namespace but its init and this process; False if nobody was there."""
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def reap() -> None:
    """Wait for our children to end; those of another init are reaped by it, in a moment."""
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        time.sleep(0.0005)


def is_stopped(pid: int) -> bool:
    """Whether a signal has stopped this process, which has not been waited for."""
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] in "Tt"


def describe(code: int, oom_kills: int | None) -> str:
    """`oom_kills`: as it was when the child began. None: the host knows, and says whose SIGKILL it was."""
    if code == -signal.SIGKILL:
        now = oom.kills()
        return "memory" if now is not None and oom_kills is not None and now > oom_kills else "sigkill"
    if code == 137:
        return "memory"
    if code == -signal.SIGXCPU:
        return "cpu"
    return "exit" if code == 0 else "crash"


if __name__ == "__main__":
    Zygote(json.loads(sys.argv[1])).serve()
