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
SECCOMP_MODE_FILTER, INSTRUCTION_BYTES = 2, 8
CAPABILITY_VERSION_3 = 0x20080522
LAST_CAPABILITY = "/proc/sys/kernel/cap_last_cap"
NOBODY = 65534
"""The uid and gid of a guest whose children share one."""
AF_INET, SOCK_DGRAM, SET_INTERFACE_FLAGS, INTERFACE_UP = 2, 2, 0x8914, 1
LOOPBACK_UP = struct.pack("=16sh14x", b"lo", INTERFACE_UP)
"""A struct ifreq."""

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
"""Of <malloc.h>."""
HUGE_PAGE, MADV_COLLAPSE = 2 << 20, 25
GREAT, HEAP_ROOM, HEAP_PIECE, HEAP_PIECES = 32 << 20, 1 << 20, 64 << 10, 16
"""In bytes. The pieces are more than what is left at the end of a heap."""

_libc = ctypes.CDLL(None, use_errno=True)


_prctl = _libc.prctl
_prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
_mount = _libc.mount
_mount.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p]
_interpreter = ctypes.PyDLL(None, use_errno=True)


def fork() -> int:
    """As os.fork, but without the hooks that modules have registered, which touch some 200 pages that would have to be
    copied. For a process with one thread, and a child that runs nothing of those modules."""
    return _checked(_interpreter.fork(), "fork")


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags), "unshare")


def join(namespace: int, kind: int) -> None:
    """That of an open descriptor."""
    _checked(_libc.setns(namespace, kind), "setns")


def mount(source: str, place: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    _checked(_mount(source.encode(), place.encode(), kind.encode(), flags, options.encode()), "mount", place)


def unmount(place: str) -> None:
    _checked(_libc.umount2(place.encode(), DETACH), "umount", place)


def raise_loopback() -> None:
    """That of this network namespace."""
    any_socket = _checked(_libc.socket(AF_INET, SOCK_DGRAM, 0), "socket")
    try:
        _checked(_libc.ioctl(any_socket, SET_INTERFACE_FLAGS, LOOPBACK_UP), "ioctl lo")
    finally:
        os.close(any_socket)


def prctl(option: int, *values: int) -> None:
    _checked(_prctl(option, *(*values, 0, 0, 0, 0)[:4]), "prctl", option)


def settle_heap() -> None:
    """Room at the end of the heap, for good: what is allocated from here on neither grows nor shrinks it, and a fork's
    map of memory does not tell what happened before it. The thresholds are those that they would come to by
    themselves in a process that frees great arrays (mallopt(3))."""
    for option, value in ((M_MMAP_THRESHOLD, GREAT), (M_TRIM_THRESHOLD, 2 * GREAT), (M_TOP_PAD, HEAP_ROOM)):
        _libc.mallopt(option, value)
    del [bytearray(HEAP_PIECE) for _ in range(HEAP_PIECES)][:]  # it is extended now


def use_huge_pages() -> None:
    """From here on a fork copies one entry for two megabytes of this process's private memory, where it copied 512.
    Where the kernel can't (before 6.1, or no such page is free), it goes on as before."""
    with open("/proc/self/maps") as maps:
        anonymous = [line.split() for line in maps if " rw-p 00000000 00:00 0 " in line]
    for first, last in (fields[0].split("-") for fields in anonymous):
        start, end = -(-int(first, 16) // HUGE_PAGE) * HUGE_PAGE, int(last, 16) // HUGE_PAGE * HUGE_PAGE
        for address in range(start, end, HUGE_PAGE):  # each by itself: one that is empty ends a call
            _libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(HUGE_PAGE), MADV_COLLAPSE)


def last_capability() -> int:
    with open(LAST_CAPABILITY) as last:
        return int(last.read())


def drop_capabilities(last: int) -> None:
    """All of them, up to the number `last`, for good: from every set of this process, the bounding set included."""
    for capability in range(last + 1):
        prctl(PR_CAPBSET_DROP, capability)
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    _checked(_libc.capset(struct.pack("=Ii", CAPABILITY_VERSION_3, 0), bytes(24)), "capset")


class Filter:
    """`program`, an array of struct sock_filter, as the kernel takes it."""

    def __init__(self, program: bytes) -> None:
        self._code = ctypes.create_string_buffer(program, len(program))
        header = struct.pack("@HP", len(program) // INSTRUCTION_BYTES, ctypes.addressof(self._code))
        self._header = ctypes.create_string_buffer(header, len(header))
        self.address = ctypes.addressof(self._header)


def filter_calls(by: Filter) -> None:
    """From now on it decides over every system call of this process."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, by.address)


def _checked(result: int, call: str, *about: object) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{' '.join(map(str, (call, *about)))}: {os.strerror(code)}")
    return result
