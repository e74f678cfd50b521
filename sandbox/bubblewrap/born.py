"""A guest that a nursery has forked: no child of ours, but the nursery tells how it ends."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import threading
import time

from ..guest.tellings import ENDED, GUEST

CREDENTIALS = struct.Struct("3i")
"""Of who sent a message: pid, uid, gid, as this side sees them (unix(7))."""
LONGEST = 64
TOLD_S = 5.0
"""How long the nursery may take to tell of an end that can be seen."""


class Born:
    """`teller`: where it is told of. It is there once it has told who it is (`wait_born`)."""

    def __init__(self, pipes: tuple[int, int, int], teller: socket.socket) -> None:
        self.stdin, self.stdout, self.stderr = (
            os.fdopen(fd, mode, buffering=0) for fd, mode in zip(pipes, ("wb", "rb", "rb"), strict=True)
        )
        self._teller, self._lock = teller, threading.Lock()
        self._pid = 0
        self._pidfd: int | None = None
        self._code: int | None = None

    def wait_born(self, timeout_s: float) -> None:
        """Raises TimeoutError, and ConnectionError when its nursery ends before."""
        self._teller.settimeout(timeout_s)
        told, ancillary, _, _ = self._teller.recvmsg(LONGEST, socket.CMSG_SPACE(CREDENTIALS.size))
        if told != GUEST:
            raise ConnectionError("the nursery ended")
        self._pid, _, _ = CREDENTIALS.unpack(ancillary[0][2])
        self._pidfd = os.pidfd_open(self._pid)

    def poll(self) -> int | None:
        with contextlib.suppress(TimeoutError):
            self.wait(0.0)
        return self._code

    def wait(self, timeout_s: float) -> int:
        deadline = time.monotonic() + timeout_s
        with self._lock:
            if self._code is None:
                self._see(deadline - time.monotonic())
                self._code = self._told()
            return self._code

    def pids(self) -> list[int]:
        return [self._pid]

    def end(self) -> None:
        """By a descriptor of the process: its number may be another's by now."""
        if self._pidfd is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def close(self) -> None:
        """Let go of it, once it has ended."""
        for stream in (self.stdin, self.stdout, self.stderr):
            stream.close()
        self._teller.close()
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None

    def _see(self, timeout_s: float) -> None:
        """Wait for its end, as the kernel shows it."""
        assert self._pidfd is not None
        ended = select.poll()
        ended.register(self._pidfd, select.POLLIN)
        if not ended.poll(max(0.0, timeout_s) * 1000):
            raise TimeoutError(f"process {self._pid} has not ended")

    def _told(self) -> int:
        """Its exit code. Where nobody tells, the nursery was stopped or ended from outside: so is the guest."""
        self._teller.settimeout(TOLD_S)
        with contextlib.suppress(TimeoutError):
            what, _, code = self._teller.recv(LONGEST).partition(b" ")
            if what == ENDED:
                return int(code)
        return -signal.SIGKILL
