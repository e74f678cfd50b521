"""The kernel's calls that make a guest, which Python has no name for. Each raises OSError, naming itself."""

from __future__ import annotations

import ctypes
import os
import struct

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
"""CLONE_NEW*, of <linux/sched.h>."""
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC, REMOUNT = 1, 2, 4, 8, 32
BIND, MOVE, RECURSIVE, PRIVATE = 4096, 8192, 16384, 1 << 18
"""MS_*, of <linux/mount.h>."""
DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 4, 22, 24
PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 38, 47, 4
SECCOMP_MODE_FILTER = 2
CAPABILITY_VERSION_3 = 0x20080522
LAST_CAPABILITY = "/proc/sys/kernel/cap_last_cap"
NOBODY = 65534
"""The uid and gid of a guest whose children share one."""
SET_INTERFACE_FLAGS, INTERFACE_UP = 0x8914, 1

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
"""Of <malloc.h>."""
GREAT, HEAP_ROOM, HEAP_PIECE, HEAP_PIECES = 32 << 20, 1 << 20, 64 << 10, 16
"""In bytes. The pieces are more than what is left at the end of a heap."""

_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags), "unshare")


def join(namespace: int, kind: int) -> None:
    """That of an open descriptor."""
    _checked(_libc.setns(namespace, kind), "setns")


def mount(source: str, place: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    arguments = [argument.encode() or None for argument in (source, place, kind)]
    _checked(_libc.mount(*arguments, ctypes.c_ulong(flags), options.encode() or None), f"mount {place}")


def unmount(place: str) -> None:
    _checked(_libc.umount2(place.encode(), DETACH), f"umount {place}")


def prctl(option: int, *values: int) -> None:
    _checked(_libc.prctl(option, *map(ctypes.c_ulong, (*values, 0, 0, 0, 0)[:4])), f"prctl {option}")


def settle_heap() -> None:
    """Room at the end of the heap, for good: what is allocated from here on neither grows nor shrinks it, and a fork's
    map of memory does not tell what happened before it. The thresholds are those that they would come to by
    themselves in a process that frees great arrays (mallopt(3))."""
    for option, value in ((M_MMAP_THRESHOLD, GREAT), (M_TRIM_THRESHOLD, 2 * GREAT), (M_TOP_PAD, HEAP_ROOM)):
        _libc.mallopt(option, value)
    del [bytearray(HEAP_PIECE) for _ in range(HEAP_PIECES)][:]  # it is extended now


def drop_capabilities() -> None:
    """All of them, for good: from every set of this process, the bounding set included."""
    with open(LAST_CAPABILITY) as last:
        for capability in range(int(last.read()) + 1):
            prctl(PR_CAPBSET_DROP, capability)
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    _checked(_libc.capset(struct.pack("=Ii", CAPABILITY_VERSION_3, 0), bytes(24)), "capset")


def filter_calls(program: bytes) -> None:
    """From now on `program` (an array of struct sock_filter) decides over every system call of this process."""
    code = ctypes.create_string_buffer(program, len(program))
    length = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    _checked(_libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(SECCOMP_MODE_FILTER), length, 0, 0), "seccomp")


def _checked(result: int, what: str) -> None:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
