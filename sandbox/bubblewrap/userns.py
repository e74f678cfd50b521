"""The user namespace of bubblewrap guests: who they are outside.

bwrap's own namespace maps the guest's uid to the uid that started it. When that is root, the guest
would own, as the kernel sees it, whatever root owns; so root makes a namespace that maps the guest
to nobody, and bwrap does its mounts in there.
"""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ..guest.kernel import NOBODY

MAKER = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000):
    sys.exit(os.strerror(ctypes.get_errno()))
print("made", flush=True)
sys.stdin.readline()
if sys.argv[1:] == ["closed"]:
    with open("/proc/sys/user/max_user_namespaces", "w") as nested:
        nested.write("0")
print("closed", flush=True)
sys.stdin.readline()
"""
"""Unshares, waits to be mapped, forbids namespaces inside the new one if it is to, waits to be held."""

ROOT_INSIDE = 1
"""Any uid but 0: bwrap keeps its capabilities when it turns from this one into another."""

NURSERY_INSIDE, FIRST_GUEST_INSIDE = 2, 3
GUEST_UIDS = range(2_000_000_000, 2_000_050_000)
"""Of guests that are born in root's nurseries, outside: far above what systems give to users and to containers."""


@dataclass(frozen=True)
class UserNamespace:
    """One that is held open, by our descriptor. None: bwrap makes one, and outside the guest is whoever started it.
    `uid`: who is started in it; `nested`: whether there may be others in it; `uids`: for the guests of a nursery."""

    descriptor: int | None = None
    uid: int = NOBODY
    nested: bool = False
    uids: range = range(0, 1)

    def options(self, fd: int) -> tuple[str, ...]:
        """bwrap's, when it finds an open namespace as its descriptor `fd`."""
        closed = () if self.nested else ("--disable-userns",)
        made = ("--unshare-user", *closed) if self.descriptor is None else ("--userns", str(fd))
        return (*made, "--uid", str(self.uid), "--gid", str(self.uid))


OWN = UserNamespace()
OWN_NURSERY = UserNamespace(uid=0, nested=True)


@functools.cache
def as_nobody() -> UserNamespace:
    """Made once by root and held open: the guest is nobody, outside too. Raises PermissionError
    where this root may not, OSError where it can't be made now."""
    return UserNamespace(made(f"{ROOT_INSIDE} 0 1\n{NOBODY} {NOBODY} 1\n", "closed"))


@functools.cache
def nursery_as_nobody() -> UserNamespace:
    """The same for nurseries, with a uid of its own for each guest. Raises as `as_nobody` does."""
    first, count = GUEST_UIDS.start, len(GUEST_UIDS)
    mapping = f"{ROOT_INSIDE} 0 1\n{NURSERY_INSIDE} {NOBODY} 1\n{FIRST_GUEST_INSIDE} {first} {count}\n"
    uids = range(FIRST_GUEST_INSIDE, FIRST_GUEST_INSIDE + count)
    return UserNamespace(made(mapping), NURSERY_INSIDE, nested=True, uids=uids)


def made(mapping: str, *arguments: str) -> int:
    """A new one with this mapping of uids and gids, by a descriptor."""
    command = [sys.executable, "-I", "-S", "-c", MAKER, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as maker:
        try:
            expect(maker, b"made\n")
            for kind in ("uid", "gid"):
                Path(f"/proc/{maker.pid}/{kind}_map").write_text(mapping)
            tell(maker)
            expect(maker, b"closed\n")
            return os.open(f"/proc/{maker.pid}/ns/user", os.O_RDONLY)
        finally:
            maker.kill()


def expect(maker: subprocess.Popen[bytes], line: bytes) -> None:
    assert maker.stdout and maker.stderr
    if maker.stdout.readline() != line:
        raise PermissionError(f"no user namespace: {maker.stderr.read().decode('utf-8', 'replace').strip()}")


def tell(maker: subprocess.Popen[bytes]) -> None:
    assert maker.stdin
    with contextlib.suppress(BrokenPipeError):  # then its answer says why
        maker.stdin.write(b"\n")
        maker.stdin.flush()
