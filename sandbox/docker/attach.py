"""A container's three streams over the one socket that the engine's attach call hands out.

Output comes in frames: one byte for the stream (1 stdout, 2 stderr), three zero bytes, the
length in four bytes big-endian, the payload (Docker Engine API, "ContainerAttach"). Input goes
in raw. Every wait has a deadline, and reading goes on while writing waits: two sides that
both write can't block each other.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import threading
import time
from typing import Any

from godel.contract.limits import FRAME_BYTES

from .. import SandboxLost

HEADER = struct.Struct(">BxxxL")
STDOUT, STDERR = 1, 2
CHUNK = 1 << 20
DRAIN_CHUNKS = 64
STALL_S = 60.0
"""How long a guest may leave its input unread before it counts as stalled."""
LONGEST_WAIT_S = 3600.0
WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class AttachedPipe:
    """Reads and writes one attached container. `holder` is whatever keeps `sock` open."""

    def __init__(self, sock: socket.socket, holder: Any, log_bytes: int) -> None:
        sock.setblocking(False)
        self._socket, self._holder, self._log_bytes = sock, holder, log_bytes
        self._out, self._err, self._header = bytearray(), bytearray(), bytearray()
        self._stream = self._left = 0  # of the frame that is being read
        self._busy = threading.Lock()
        self.ended = False
        """Whether the guest has closed its end."""

    def send(self, data: bytes) -> None:
        """Write all of `data`. Raises BrokenPipeError if the guest has ended, TimeoutError if it does not read."""
        left, deadline = memoryview(data), time.monotonic() + STALL_S
        while left:
            ready = self._wait(select.POLLOUT, deadline - time.monotonic())
            if self.ended:
                raise BrokenPipeError("the guest has ended")
            if not ready:
                raise TimeoutError("the guest does not read its input")
            if ready & select.POLLOUT and (written := self._write(left)):
                left, deadline = left[written:], time.monotonic() + STALL_S

    def receive(self, timeout_s: float) -> bytes:
        """What there is on stdout; b"" once the guest has ended. Raises TimeoutError."""
        deadline = time.monotonic() + timeout_s
        while not self._out and not self.ended:
            left = deadline - time.monotonic()
            self._wait(0, left)  # what has come is read, however late we are
            if left <= 0 and not self._out and not self.ended:
                raise TimeoutError(f"nothing from the guest in {timeout_s:g} s")
        data = bytes(self._out)
        self._out.clear()
        return data

    def drain(self, timeout_s: float) -> None:
        """Read what is left until the end of the streams, or until `timeout_s` are over."""
        deadline = time.monotonic() + timeout_s
        for _ in range(DRAIN_CHUNKS):  # a guest that floods must not keep us
            if self.ended or not self._wait(0, deadline - time.monotonic()):
                return

    def log(self) -> str:
        """The last `log_bytes` of stderr so far."""
        return self._err[-self._log_bytes :].decode("utf-8", "replace")

    def close(self) -> None:
        """From any thread: one that waits here gets what a guest's end would give it."""
        with contextlib.suppress(OSError):  # not connected any more
            self._socket.shutdown(socket.SHUT_RDWR)
        with self._busy:
            self.ended = True
            self._holder.close()
            self._socket.close()

    def _wait(self, events: int, timeout_s: float) -> int:
        """Until the socket is ready, at most `timeout_s`; reads what has come. 0: nothing happened."""
        timeout_s = max(0.0, min(timeout_s, LONGEST_WAIT_S))
        if not self._busy.acquire(timeout=timeout_s):
            return 0
        try:
            ready = 0 if self.ended else self._poll(events, timeout_s)
            if ready & ~select.POLLOUT:
                self._read()
            return ready
        finally:
            self._busy.release()

    def _poll(self, events: int, timeout_s: float) -> int:
        if len(self._out) < 2 * FRAME_BYTES:  # else the guest has to wait, as with any full pipe
            events |= select.POLLIN
        poller = select.poll()
        poller.register(self._socket, events)
        ready = poller.poll(1000 * timeout_s)
        return ready[0][1] if ready else 0

    def _read(self) -> None:
        try:
            data = self._socket.recv(CHUNK)
        except WOULD_BLOCK:
            return
        except ConnectionError:
            data = b""
        self.ended = not data
        self._demultiplex(memoryview(data))

    def _write(self, data: memoryview) -> int:
        try:
            return self._socket.send(data[:CHUNK])
        except WOULD_BLOCK:
            return 0
        except OSError:  # also: closed by another thread
            raise BrokenPipeError("the guest has ended") from None

    def _demultiplex(self, data: memoryview) -> None:
        while data:
            if not self._left:
                data = self._open_frame(data)
                continue
            payload, data = data[: self._left], data[self._left :]
            self._left -= len(payload)
            if self._stream == STDOUT:
                self._out += payload
            else:
                self._note(payload)

    def _note(self, payload: memoryview) -> None:
        self._err += payload
        if len(self._err) > 2 * self._log_bytes:  # seldom, so that a flood costs us little
            del self._err[: -self._log_bytes]

    def _open_frame(self, data: memoryview) -> memoryview:
        """Take a header, or the part of it that there is; what follows it."""
        missing = HEADER.size - len(self._header)
        self._header += data[:missing]
        if len(self._header) == HEADER.size:
            self._stream, self._left = HEADER.unpack(self._header)
            self._header.clear()
            if self._stream not in (STDOUT, STDERR):
                raise SandboxLost(f"docker: the attached stream is damaged (stream {self._stream})")
        return data[missing:]
