"""One writer per run: an advisory lock that dies with the process that holds it.

The lock is on a file beside the database, not on the database: closing a second
descriptor of that would drop SQLite's own locks (fcntl(2), "POSIX record locks").

The library filelock takes such a lock with the same call, and dies as well with its process. It does not say who holds
the lock, which is what a user needs to know, nor tell without taking it whether anybody does (`writer`, by device and
inode); so of all below it would save three lines.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import StoreLocked


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
    if not path.is_file():
        return None
    identity = _identity(path)
    for line in Path("/proc/locks").read_text().splitlines():
        fields = line.split()
        if fields[1] == "FLOCK" and fields[5] == identity:
            return int(fields[4])
    return None


def _identity(path: Path) -> str:
    """A file as /proc/locks names it: device and inode. Two file systems may use one inode number.

    Not from stat(2), whose device is another one on btrfs and on an overlay: the mount tells the
    file system's own (proc_pid_mountinfo(5)).
    """
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        facts = dict(_facts(Path(f"/proc/self/fdinfo/{fd}").read_text()))
        inode = facts.get("ino") or str(os.fstat(fd).st_ino)  # named since Linux 5.14
    finally:
        os.close(fd)
    mounts = map(str.split, Path("/proc/self/mountinfo").read_text().splitlines())
    major, minor = next(each[2] for each in mounts if each[0] == facts["mnt_id"]).split(":")
    return f"{int(major):02x}:{int(minor):02x}:{inode}"


def _facts(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, _, value = line.partition(":")
        yield name, value.strip()
