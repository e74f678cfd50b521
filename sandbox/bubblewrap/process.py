"""The first process of a guest, as this machine sees it: waited for, looked at, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import IO, Protocol

from ..processes import children


class Process(Protocol):
    """With three pipes: their ends on this side."""

    stdin: IO[bytes]
    stdout: IO[bytes]
    stderr: IO[bytes]

    def poll(self) -> int | None:
        """Its exit code, negative for a signal's number; None while it runs."""

    def wait(self, timeout_s: float) -> int:
        """Its exit code, once it has ended. Raises TimeoutError."""

    def pids(self) -> list[int]:
        """Itself, and what has to run for it to run."""

    def end(self) -> None:
        """Kill it, and with it all that it started."""

    def close(self) -> None:
        """Let go of it, once it has ended."""


class Launched:
    """bwrap, and the guest's init that it started."""

    def __init__(self, bwrap: subprocess.Popen[bytes]) -> None:
        assert bwrap.stdin and bwrap.stdout and bwrap.stderr
        self.stdin, self.stdout, self.stderr = bwrap.stdin, bwrap.stdout, bwrap.stderr
        self._bwrap = bwrap

    def poll(self) -> int | None:
        return self._bwrap.poll()

    def wait(self, timeout_s: float) -> int:
        try:
            return self._bwrap.wait(timeout_s)
        except subprocess.TimeoutExpired as late:
            raise TimeoutError(str(late)) from None

    def pids(self) -> list[int]:
        return [self._bwrap.pid, *children(self._bwrap.pid)]

    def end(self) -> None:
        end(self._bwrap)

    def close(self) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            stream.close()


def end(bwrap: subprocess.Popen[bytes]) -> None:
    """Kill bwrap and the guest's init, and with it the guest. Where root's guests are somebody else, the init
    does not die with bwrap, and without control groups nothing else would end it. Stopped first, bwrap does
    not reap it meanwhile: its number stays its own."""
    if bwrap.poll() is None:
        bwrap.send_signal(signal.SIGSTOP)
        for pid in children(bwrap.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    bwrap.kill()
