"""One writer per run: an advisory lock that dies with the process that holds it.

The lock is on a file beside the database, not on the database: closing a second
descriptor of that would drop SQLite's own locks (fcntl(2), "POSIX record locks").
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from .errors import StoreLocked


class WriterLock:
    """Held from construction until `release`. Raises StoreLocked, naming the holder's pid."""

    def __init__(self, store: Path) -> None:
        path = store.with_name(store.name + ".lock")
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self._take(store)
        except BaseException:
            os.close(self._fd)
            raise

    def _take(self, store: Path) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._fd, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise StoreLocked(f"{store} is being written by process {holder}; wait for it, or end it first") from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        # The file stays: unlinking it would let two waiters lock two different files.
        os.close(self._fd)


def writer(store: Path) -> int | None:
    """The pid of the process that writes to `store`, None if none does. Takes no lock, so that
    asking never stands in a writer's way; the kernel's list is in proc_locks(5)."""
    path = store.with_name(store.name + ".lock")
    if not path.exists():
        return None
    inode = str(path.stat().st_ino)
    for line in Path("/proc/locks").read_text().splitlines():
        fields = line.split()
        if fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == inode:
            return int(fields[4])
    return None
