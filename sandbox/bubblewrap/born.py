"""A guest that a nursery has forked: no child of ours, but its keeper tells how it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import threading
import time

from ..guest.tellings import ENDED, GUEST, KEEPER

CREDENTIALS = struct.Struct("3i")
"""Of who sent a message: pid, uid, gid, as this side sees them (unix(7))."""
LONGEST = 64


class Born:
    """`teller`: where the keeper tells of it. It is there when both have told who they are (`wait_born`)."""

    def __init__(self, pipes: tuple[int, int, int], teller: socket.socket) -> None:
        self.stdin, self.stdout, self.stderr = (
            os.fdopen(fd, mode, buffering=0) for fd, mode in zip(pipes, ("wb", "rb", "rb"), strict=True)
        )
        self._teller, self._lock = teller, threading.Lock()
        self._pids: dict[bytes, int] = {}
        self._pidfd: int | None = None
        self._code: int | None = None

    def wait_born(self, timeout_s: float) -> None:
        """Raises TimeoutError, and ConnectionError when its nursery or its keeper ends before."""
        deadline = time.monotonic() + timeout_s
        while len(self._pids) < 2:
            self._hear(deadline - time.monotonic())
            if self._code is not None:
                raise ConnectionError("the nursery ended")

    def poll(self) -> int | None:
        with contextlib.suppress(TimeoutError):
            self.wait(0.0)
        return self._code

    def wait(self, timeout_s: float) -> int:
        deadline = time.monotonic() + timeout_s
        with self._lock:
            while self._code is None:
                self._hear(deadline - time.monotonic())
            return self._code

    def pids(self) -> list[int]:
        return [self._pids[who] for who in (KEEPER, GUEST)]

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

    def _hear(self, timeout_s: float) -> None:
        """One thing that is told, or that there is nobody any more to tell it: then somebody has ended the keeper
        or the nursery, and the guest with them."""
        self._teller.settimeout(max(0.0, timeout_s) or 1e-6)
        told, ancillary, _, _ = self._teller.recvmsg(LONGEST, socket.CMSG_SPACE(CREDENTIALS.size))
        what, _, code = told.partition(b" ")
        if what in (KEEPER, GUEST):
            pid, _, _ = CREDENTIALS.unpack(ancillary[0][2])
            self._pids[what] = pid
            if what == GUEST:
                self._pidfd = os.pidfd_open(pid)
        else:
            self._code = int(code) if what == ENDED else -signal.SIGKILL
