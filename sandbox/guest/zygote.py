"""The first program in every guest: does the heavy imports once, then forks a child per job.

It stands between the host's pipe and untrusted code. A child never holds the host's
descriptors; it has a pipe of its own, may send one frame a turn, and is ended with all
its descendants at its deadline. Frames are one line (see `jobs.py`), tagged by who speaks:

    host -> zygote   S<Job>    start a child                  K   end the child
                     D<json>   a message for the child
    zygote -> host   Z<Ready>  Z<Exit>                        D<json>   the child's message
                     C<number>   CPU seconds that the guest has used since it was started: before each
                                 of these, and every few seconds while the child has its turn

The child's bytes are passed on unparsed: a child cannot speak as the zygote.
"""

from __future__ import annotations

import sys

sys.path.insert(0, __file__.removesuffix("/godel/sandbox/guest/zygote.py"))
sys.path[:] = [path for path in sys.path if not path.endswith("/sandbox/guest")]

import gc
import json
import os
import resource
import select
import signal
import time

from godel.contract.limits import FRAME_BYTES
from godel.sandbox.guest import kernel
from godel.sandbox.guest.child import Child, prepare_children, virtual_bytes
from godel.sandbox.guest.imports import import_all
from godel.sandbox.guest.jobs import Exit, Job, Ready, ZygoteSettings
from godel.sandbox.guest.meter import Meter
from godel.sandbox.guest.pipes import read_some
from godel.sandbox.guest.processes import describe, exited, handle_signals, is_stopped, kill_everybody, reap
from godel.sandbox.guest.runqueue import RunQueue
from godel.sandbox.guest.scratch import littered, remove_litter

LOG_TAIL = 4096
EVERY_CHILD_IMPORTS = ("traceback", "godel.sandbox.guest.candidate", "godel.sandbox.guest.scaffold")
"""Done once here: what a child imports for itself, it imports again for every candidate."""
SIGN_OF_LIFE_S = 5.0
"""While a child has its turn, the host hears from the zygote as often: silence says that it is no more."""


class Zygote:
    def __init__(self, settings: ZygoteSettings, spent_s: float = 0.0) -> None:
        """`spent_s`: CPU seconds that its start had cost by then, where its control group has not counted them."""
        self.settings, self.spent_s = settings, spent_s
        self.host_in, self.host_out = os.dup(0), os.dup(1)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(2, 1)
        os.set_blocking(self.host_in, False)
        self.wake_out, self.wake_in = os.pipe()
        for fd in (self.wake_out, self.wake_in):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(self.wake_in, warn_on_full_buffer=False)
        # Untrusted children with our uid (the tier without uids) must not read or trace us.
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
        self.next_uid, self.meter = settings.uid_base, Meter(settings.cpu_fd)
        self.queue, self.counted = RunQueue(self.meter, self.alone()), time.monotonic()
        self.buffer, self.child = bytearray(), None  # type: bytearray, Child | None

    def prepare(self) -> None:
        """The heavy imports: done already in a zygote that a nursery has forked."""
        sys.path += (path for path in self.settings.path if path not in sys.path)
        import_all((*self.settings.preload, *EVERY_CHILD_IMPORTS))
        if self.alone():
            remove_litter()  # torch leaves a folder, which would count as a child's that it can't remove
        handle_signals()
        prepare_children()
        gc.collect()
        gc.freeze()

    def limit(self) -> None:
        """This process and its children."""
        for name, ceiling in self.settings.rlimits.items():
            total = ceiling + virtual_bytes() if name == "as" else ceiling
            resource.setrlimit(getattr(resource, f"RLIMIT_{name.upper()}"), (total, total))

    def serve(self) -> None:
        self.limit()
        self.report(Ready(sys.version.split()[0], os.getpid()))
        while True:
            child = self.child
            reads = [self.host_in, self.wake_out]
            writes: list[int] = []
            if child:
                reads += child.readable()
                if child.inbox:
                    writes.append(child.down)
            ready, writable, _ = select.select(reads, writes, [], self.idle_s())
            if self.wake_out in ready:
                os.read(self.wake_out, 4096)  # left unread, it would keep an idle zygote busy
            if self.host_in in ready and not self.read_host():
                break
            if child and child is self.child:
                self.serve_child(child, ready, writable)
            if self.owes_sign_of_life() and time.monotonic() - self.counted >= SIGN_OF_LIFE_S:
                self.write(self.used())
        self.end_child()

    def owes_sign_of_life(self) -> bool:
        """Whether the host waits for the child, and for signs of life."""
        return self.child is not None and self.child.has_turn

    def idle_s(self) -> float | None:
        """How long nothing needs to be seen to, in seconds."""
        left = [] if self.child is None or (soon := self.child.idle_s()) is None else [soon]
        if self.owes_sign_of_life():
            left.append(max(0.0, SIGN_OF_LIFE_S - (time.monotonic() - self.counted)))
        return min(left, default=None)

    def read_host(self) -> bool:
        """Read from the host; False once it has hung up."""
        data = os.read(self.host_in, 1 << 20)
        self.buffer += data
        searched = len(self.buffer) - len(data)
        while (end := self.buffer.find(b"\n", searched)) >= 0:
            line, searched = bytes(self.buffer[:end]), 0
            del self.buffer[: end + 1]
            self.handle(line[:1], line[1:])
        return bool(data)

    def handle(self, tag: bytes, body: bytes) -> None:
        if tag == b"S":
            self.end_child()
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
        sent, _, _ = select.select([child.up], [], [], 0)
        if sent and read_some(child.up, 1):
            self.finish("out of turn")
            return
        child.inbox = memoryview(body + b"\n")
        child.clock.resume()

    def serve_child(self, child: Child, ready: list[int], writable: list[int]) -> None:
        if child.err in ready:
            data = read_some(child.err, 1 << 16)
            child.log, child.logs = (child.log + data)[-LOG_TAIL:], bool(data)
        if writable:
            try:
                child.inbox = child.inbox[os.write(child.down, child.inbox) :]
            except BrokenPipeError:
                child.inbox = memoryview(b"")
        if child.up in ready and not self.relay(child):
            child.note_hang_up()
        if self.child is child and (reason := child.limit_reached()):
            self.finish(reason)
        if self.child is child and exited(child.pid):
            self.relay(child)
            if self.child is child:
                self.finish("")

    def relay(self, child: Child) -> bool:
        """Pass on at most one frame, then wait for the host's turn. False if there was nothing to read."""
        received = False
        while child.has_turn and (data := read_some(child.up, 1 << 20)):
            received = True
            child.outbox += data
            end = child.outbox.find(b"\n", len(child.outbox) - len(data))
            if (len(child.outbox) if end < 0 else end) > FRAME_BYTES:
                self.finish("flood")
            elif 0 <= end < len(child.outbox) - 1:
                self.finish("out of turn")
            elif end >= 0:
                frame, child.outbox = b"D" + child.outbox, bytearray()
                child.clock.pause_for_host()
                self.write(self.used() + frame)
            if self.child is not child:
                break
        return received

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
        while data := read_some(child.err, 1 << 16):
            child.log = (child.log + data)[-LOG_TAIL:]
        code = os.waitstatus_to_exitcode(status)
        self.report(
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
        return self.settings.sweep and 1 in (os.getpid(), os.getppid())

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

    def end_child(self) -> None:
        if self.child:
            self.finish("killed")

    def report(self, message: Ready | Exit) -> None:
        self.write(self.used() + b"Z" + json.dumps(message.to_json()).encode() + b"\n")

    def used(self) -> bytes:
        """What the host is told of what this guest has used so far."""
        running = 0.0 if self.meter.counts or not self.child else self.child.own_cpu()
        self.counted = time.monotonic()
        return b"C%f\n" % (self.spent_s + self.meter.total() + running)

    def write(self, line: bytes) -> None:
        data = memoryview(line)
        while data:
            data = data[os.write(self.host_out, data) :]


if __name__ == "__main__":
    zygote = Zygote(ZygoteSettings.from_json(json.loads(sys.argv[1])))
    zygote.prepare()
    zygote.serve()
