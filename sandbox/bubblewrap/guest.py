"""A guest that is a process of this machine: its pipe, its log and its end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time

from .. import KILLED, KILLED_OUTSIDE, OUT_OF_MEMORY, OUTSIDE_SIGNALS
from ..processes import stopped
from .cgroups import Group
from .process import Process

SEND_TIMEOUT_S = 30.0
END_TIMEOUT_S = 10.0
CHUNK = 1 << 20


class BubblewrapGuest:
    """`process` has three pipes and lives in `group`, which goes with it."""

    def __init__(self, name: str, process: Process, group: Group, log_bytes: int) -> None:
        self.name = name
        self._process, self._group, self._log_bytes = process, group, log_bytes
        self._in, self._out, self._err = process.stdin.fileno(), process.stdout.fileno(), process.stderr.fileno()
        os.set_blocking(self._in, False)
        self._pipe, self._ending = threading.Lock(), threading.Lock()
        self._ended, self._death = False, KILLED
        self._written = bytearray()
        self._drain = threading.Thread(target=self._read_log, name=f"{name}-log", daemon=True)
        self._drain.start()

    def send(self, data: bytes) -> None:
        deadline = time.monotonic() + SEND_TIMEOUT_S
        left = memoryview(data)
        with self._pipe:
            if self._ended:
                raise BrokenPipeError(f"{self.name} has ended")
            while left:
                if not wait_for(self._in, select.POLLOUT, deadline - time.monotonic()):
                    raise TimeoutError(f"{self.name} did not read for {SEND_TIMEOUT_S:.0f} s")
                left = left[os.write(self._in, left) :]

    def receive(self, timeout_s: float) -> bytes:
        with self._pipe:
            if self._ended:
                return b""
            if not wait_for(self._out, select.POLLIN, timeout_s):
                raise TimeoutError(f"{self.name} said nothing for {timeout_s:.1f} s")
            return os.read(self._out, CHUNK)

    def log(self) -> str:
        return bytes(self._written).decode("utf-8", "replace")

    def kill(self) -> None:
        """Somebody who waits in `receive` sees the end of the pipe first; then it is closed."""
        with self._ending:
            if self._ended:
                return
            self._death = self._cause()
            self._process.end()
            self._process.wait(END_TIMEOUT_S)
            self._group.remove()
            self._drain.join(END_TIMEOUT_S)
            with self._pipe:
                self._ended = True
                self._process.close()

    def death(self) -> str:
        return self._death if self._ended else self._cause()

    def oom_kills(self) -> int:
        return self._group.oom_kills()

    def paused(self) -> bool:
        return any(map(stopped, self._process.pids()))

    def _cause(self) -> str:
        """The end of its pipe shows before the process's own end: on a busy machine, long before."""
        if wait_for(self._out, 0, 0):
            with contextlib.suppress(TimeoutError):
                self._process.wait(END_TIMEOUT_S)
        code = self._process.poll()
        if code is None:
            return KILLED
        if code in (-signal.SIGKILL, 128 + signal.SIGKILL) and self._group.oom_kills():
            return OUT_OF_MEMORY
        outside = -code in OUTSIDE_SIGNALS or code - 128 in OUTSIDE_SIGNALS
        return KILLED_OUTSIDE if outside else f"exit {code}"

    def _read_log(self) -> None:
        """Keeps the first `log_bytes` and reads on, so that the guest never waits for us."""
        while data := os.read(self._err, CHUNK):
            self._written += data[: self._log_bytes - len(self._written)]


def wait_for(fd: int, event: int, timeout_s: float) -> bool:
    """Whether `event` (or a hang-up) shows on `fd` in time."""
    poll = select.poll()
    poll.register(fd, event)
    return bool(poll.poll(max(0.0, timeout_s) * 1000))
