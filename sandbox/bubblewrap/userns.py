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

from ..environment import NOBODY

MAKER = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000):
    sys.exit(os.strerror(ctypes.get_errno()))
print("made", flush=True)
sys.stdin.readline()
with open("/proc/sys/user/max_user_namespaces", "w") as nested:
    nested.write("0")
print("closed", flush=True)
sys.stdin.readline()
"""
"""Unshares, waits to be mapped, forbids namespaces inside the new one, waits to be held."""

ROOT_INSIDE = 1
"""Any uid but 0: bwrap keeps its capabilities when it turns from this one into nobody."""


@dataclass(frozen=True)
class UserNamespace:
    """One that is held open, by our descriptor. None: bwrap makes one, and outside the guest is whoever started it."""

    descriptor: int | None = None

    def options(self, fd: int) -> tuple[str, ...]:
        """bwrap's, when it finds an open namespace as its descriptor `fd`."""
        return ("--unshare-user", "--disable-userns") if self.descriptor is None else ("--userns", str(fd))


OWN = UserNamespace()


@functools.cache
def as_nobody() -> UserNamespace:
    """Made once by root and held open: the guest is nobody, outside too. Raises PermissionError
    where this root may not, OSError where it can't be made now."""
    command = [sys.executable, "-I", "-S", "-c", MAKER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as maker:
        try:
            expect(maker, b"made\n")
            for kind in ("uid", "gid"):
                Path(f"/proc/{maker.pid}/{kind}_map").write_text(f"{ROOT_INSIDE} 0 1\n{NOBODY} {NOBODY} 1\n")
            tell(maker)
            expect(maker, b"closed\n")
            descriptor = os.open(f"/proc/{maker.pid}/ns/user", os.O_RDONLY)
        finally:
            maker.kill()
    return UserNamespace(descriptor)


def expect(maker: subprocess.Popen[bytes], line: bytes) -> None:
    assert maker.stdout and maker.stderr
    if maker.stdout.readline() != line:
        raise PermissionError(f"no user namespace: {maker.stderr.read().decode('utf-8', 'replace').strip()}")


def tell(maker: subprocess.Popen[bytes]) -> None:
    assert maker.stdin
    with contextlib.suppress(BrokenPipeError):  # then its answer says why
        maker.stdin.write(b"\n")
        maker.stdin.flush()
