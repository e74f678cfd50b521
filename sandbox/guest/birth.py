"""How a fork of a nursery becomes a guest: namespaces of its own first, then fresh places, then no rights at all.

It has run nothing untrusted so far, and nothing untrusted runs before the last step is done. Whatever could tell
one guest of another (queues, packets, pids, mounts, files) begins with its namespaces.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from godel.sandbox.guest import kernel
from godel.sandbox.guest.descriptors import close_all_but
from godel.sandbox.guest.jobs import ZygoteSettings
from godel.sandbox.guest.scratch import WRITABLE

HOSTNAME = "guest"
METER_FD = 5
"""Where a guest finds open the file that counts its CPU time."""
OUT_OF_THE_WAY = 64
"""From here on descriptors wait until they are put in their places."""
PROC_HIDDEN = ("kcore", "keys", "kmsg", "latency_stats", "sched_debug", "sysrq-trigger", "timer_list")
PROC_EMPTIED = ("acpi", "asound", "scsi")
"""What Docker hides of /proc."""
PROC_FLAGS = kernel.NO_SUID | kernel.NO_DEVICES | kernel.NO_EXEC
SMALL = 4096
"""Bytes, more than such a file of /proc has."""
NESTED_NAMESPACES = "user/max_user_namespaces"


class Birth(NamedTuple):
    """An order for one guest. `uid`: who it is outside its own user namespace, as its nursery sees it; `entrances`:
    how many files of control groups come with the order."""

    settings: ZygoteSettings
    uid: int
    tmpfs_bytes: int
    entrances: int

    def to_json(self) -> dict[str, object]:
        return {**self._asdict(), "settings": self.settings.to_json()}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Birth:
        return Birth(**{**data, "settings": ZygoteSettings.from_json(data["settings"])})


class Descriptors(NamedTuple):
    """What a guest is born with: the way to tell the host of it, its pipes, the entrances of its control groups, and
    the file that counts its CPU time, if there is one."""

    teller: int
    stdin: int
    stdout: int
    stderr: int
    entrances: Sequence[int]
    meter: int | None

    @staticmethod
    def of(received: Sequence[int], entrances: int) -> Descriptors:
        teller, stdin, stdout, stderr, *others = received
        meter = others[entrances] if len(others) > entrances else None
        return Descriptors(teller, stdin, stdout, stderr, others[:entrances], meter)


@dataclass(frozen=True)
class Known:
    """What is the same for every guest, and so found out before any is forked: what of /proc is hidden, the last
    capability's number, and the filter."""

    hidden: Sequence[str]
    emptied: Sequence[str]
    last_capability: int
    seccomp: kernel.Filter

    @staticmethod
    def of(seccomp: bytes) -> Known:
        hidden = [path for name in PROC_HIDDEN if os.path.exists(path := f"/proc/{name}")]
        emptied = [path for name in PROC_EMPTIED if os.path.isdir(path := f"/proc/{name}")]
        return Known(hidden, emptied, kernel.last_capability(), kernel.Filter(seccomp))


def be_born(order: Birth, descriptors: Descriptors, known: Known) -> None:
    """In the first process of a new pid namespace. Raises OSError; then this process is of no use."""
    os.setsid()
    for entrance in descriptors.entrances:
        os.write(entrance, b"0")  # what is used from here on is this guest's
    kernel.unshare(kernel.NEWNS | kernel.NEWIPC | kernel.NEWNET | kernel.NEWUTS | kernel.NEWCGROUP)
    lay_out(order.tmpfs_bytes)
    socket.sethostname(HOSTNAME)
    kernel.raise_loopback()
    os.chdir("/tmp")
    os.umask(0o022)
    place_descriptors(descriptors)
    lose_rights(order.uid, known)
    kernel.filter_calls(known.seccomp)


def lay_out(tmpfs_bytes: int) -> None:
    """A /tmp, a /dev/shm and a /proc that nobody has used; the rest is read-only, and the nursery's."""
    kernel.mount("", "/", flags=kernel.PRIVATE | kernel.RECURSIVE)
    for place in WRITABLE:
        kernel.unmount(place)
        options = f"mode=1777,size={tmpfs_bytes}"
        kernel.mount("tmpfs", place, "tmpfs", kernel.NO_SUID | kernel.NO_DEVICES, options)
    # The kernel wants to see a whole /proc while it makes another one, so the old goes when the new is there.
    os.mkdir("/tmp/proc")
    kernel.mount("proc", "/tmp/proc", "proc", PROC_FLAGS)
    kernel.unmount("/proc")
    kernel.mount("/tmp/proc", "/proc", flags=kernel.MOVE)
    os.rmdir("/tmp/proc")


def hide(known: Known) -> None:
    """What a guest may not see of /proc, nor change."""
    for path in known.hidden:
        kernel.mount("/dev/null", path, flags=kernel.BIND)
    for path in known.emptied:
        kernel.mount("tmpfs", path, "tmpfs", kernel.READ_ONLY | kernel.NO_SUID | kernel.NO_DEVICES)
    kernel.mount("/proc/sys", "/proc/sys", flags=kernel.BIND)
    read_only = kernel.REMOUNT | kernel.BIND | kernel.READ_ONLY
    kernel.mount("", "/proc/sys", flags=read_only | PROC_FLAGS)


def place_descriptors(descriptors: Descriptors) -> None:
    """In numbers that are the same for every guest; all others are closed."""
    wanted = {0: descriptors.stdin, 1: descriptors.stdout, 2: descriptors.stderr}
    if descriptors.meter is not None:
        wanted[METER_FD] = descriptors.meter
    waiting = {fd: fcntl.fcntl(source, fcntl.F_DUPFD_CLOEXEC, OUT_OF_THE_WAY) for fd, source in wanted.items()}
    for fd, source in waiting.items():
        os.dup2(source, fd)
    close_all_but(wanted)


def lose_rights(uid: int, known: Known) -> None:
    """Nobody, in a user namespace in which there are no others; no capabilities there, and so none anywhere."""
    beneath = os.open("/proc/sys", os.O_PATH)  # of the mount that `hide` makes read-only from above
    hide(known)
    if _read("/proc/self/setgroups") == b"allow\n":  # where one user alone is mapped, groups can't be given up
        os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # or the files of /proc/self were not its own
    enter_namespace(uid)
    enter_namespace(kernel.NOBODY)  # the map of the outer one tells which guest this is; that of this one, nothing
    _write(NESTED_NAMESPACES, "0", beneath)
    os.close(beneath)
    kernel.drop_capabilities(known.last_capability)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)


def enter_namespace(uid: int) -> None:
    """A new user namespace, in which nobody is, and is `uid` outside."""
    kernel.unshare(kernel.NEWUSER)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{kernel.NOBODY} {uid} 1"),
        ("gid_map", f"{kernel.NOBODY} {uid} 1"),
    ):
        _write(f"/proc/self/{name}", text)


def _read(path: str) -> bytes:
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.read(fd, SMALL)
    finally:
        os.close(fd)


def _write(path: str, text: str, folder: int | None = None) -> None:
    fd = os.open(path, os.O_WRONLY, dir_fd=folder)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
