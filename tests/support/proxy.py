"""A unix socket that leads to the container engine, and can be cut and mended."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from typing import Self


class Proxy:
    """Forwards every connection to `target`. While it is cut, nobody can connect, and those
    who were are hung up on, as if the daemon had gone away."""

    def __init__(self, path: Path, target: str) -> None:
        self.address = f"unix://{path}"
        self._path, self._target = path, target
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None

    def mend(self) -> None:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self._path))
        listener.listen(64)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        listener, self._listener = self._listener, None
        if listener:
            self._path.unlink()
            hang_up(listener)
        with self._lock:
            connections, self._open = self._open, set()
        for connection in connections:
            hang_up(connection)

    def __enter__(self) -> Self:
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it was cut
            while True:
                threading.Thread(target=self._serve, args=(listener.accept()[0],), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with near, socket.socket(socket.AF_UNIX) as far:
            far.connect(self._target)
            with self._lock:
                self._open |= {near, far}
            answers = threading.Thread(target=forward, args=(far, near), daemon=True)
            answers.start()
            forward(near, far)
            answers.join()
            with self._lock:
                self._open -= {near, far}


def forward(source: socket.socket, sink: socket.socket) -> None:
    """One direction, until its end; the other one may go on (an attached container's)."""
    with contextlib.suppress(OSError):  # it was cut
        while data := source.recv(1 << 16):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side was first
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
