"""The filter, run by an interpreter of classic BPF, checked against the kernel's headers, and met for real."""

from __future__ import annotations

import errno
import platform
import re
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from godel.sandbox.bubblewrap import seccomp

MACHINES = list(seccomp.AUDIT)
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
NEWER_THAN_SOME_HEADERS = {"listmount", "open_tree_attr", "statmount"}
READ = {"x86_64": 0, "aarch64": 63}
THREAD = 0x3D0F00
"""The flags with which glibc starts a thread."""


def verdict(machine: str, number: int, *arguments: int, audit: int | None = None) -> int:
    """What the filter returns for one system call: struct seccomp_data in, an action out."""
    padded = (*arguments, *(0,) * (6 - len(arguments)))
    data = struct.pack("=iIQ6Q", number, seccomp.AUDIT[machine] if audit is None else audit, 0, *padded)
    program = list(struct.iter_unpack("=HBBI", seccomp.program(machine)))
    accumulator = position = 0
    while True:
        code, true, false, k = program[position]
        position += 1
        if code == seccomp.RETURN:
            return int(k)
        if code == seccomp.LOAD:
            accumulator = struct.unpack_from("=I", data, k)[0]
        elif code == seccomp.AND:
            accumulator &= k
        elif code == seccomp.JUMP_EQUAL:
            position += true if accumulator == k else false
        else:
            assert code == seccomp.JUMP_AT_LEAST
            position += true if accumulator >= k else false


def refused(error: int = errno.EPERM) -> int:
    return seccomp.ERRNO | error


@pytest.mark.parametrize("machine", MACHINES)
def test_denied_calls_are_refused_and_others_allowed(machine: str) -> None:
    column = MACHINES.index(machine)
    denied = {numbers[column] for numbers in seccomp.DENIED.values()} - {None}
    special = {numbers[column] for numbers in seccomp.NUMBERS.values()}
    for number in range(512):
        if number not in special:
            assert verdict(machine, number) == (refused() if number in denied else seccomp.ALLOW), number


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("clone", [THREAD], seccomp.ALLOW),
        ("clone", [17], seccomp.ALLOW),
        *[("clone", [17 | 1 << bit], refused()) for bit in (7, 17, 25, 26, 27, 28, 29, 30)],
        ("clone3", [0], refused(errno.ENOSYS)),
        ("socket", [1], seccomp.ALLOW),
        ("socket", [10], seccomp.ALLOW),
        ("socket", [16], refused(errno.EAFNOSUPPORT)),
        ("socket", [38], refused(errno.EAFNOSUPPORT)),
        ("socketpair", [40], refused(errno.EAFNOSUPPORT)),
        ("ioctl", [0, 0x5401], seccomp.ALLOW),
        ("ioctl", [0, 0x5412], refused()),
        ("ioctl", [0, 0xFFFFFFFF00005412], refused()),
        ("personality", [0xFFFFFFFF], seccomp.ALLOW),
        ("personality", [0x0040000], refused()),
        *[(name, [0, 1], seccomp.ALLOW) for name in seccomp.ON_A_PROCESS],
        *[(name, [pid, 1], refused()) for name in seccomp.ON_A_PROCESS for pid in (1, 7, 1 << 32 | 1)],
        ("setpriority", [0, 0, 5], seccomp.ALLOW),
        *[("setpriority", [which, who, 5], refused()) for which, who in ((0, 1), (1, 0), (2, 0), (2, 65534))],
    ],
)
def test_arguments_decide(machine: str, name: str, arguments: Sequence[int], expected: int) -> None:
    number = seccomp.NUMBERS[name][MACHINES.index(machine)]
    assert verdict(machine, number, *arguments) == expected


@pytest.mark.parametrize("machine", MACHINES)
def test_another_architectures_call_ends_the_process(machine: str) -> None:
    assert verdict(machine, READ[machine], audit=0x40000003) == seccomp.KILL_PROCESS


def test_an_x32_call_ends_the_process() -> None:
    assert verdict("x86_64", seccomp.X32 | READ["x86_64"]) == seccomp.KILL_PROCESS


def test_an_unknown_machine_is_not_supported() -> None:
    assert not seccomp.supported("riscv64")
    with pytest.raises(ValueError, match="riscv64"):
        seccomp.program("riscv64")


@pytest.mark.parametrize("machine", MACHINES)
def test_the_numbers_are_the_kernels(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip(f"no {HEADERS[machine]}: the package linux-libc-dev has it")
    text = HEADERS[machine].read_text()
    kernels = {name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\s", text)}
    for name, numbers in {**seccomp.DENIED, **seccomp.NUMBERS}.items():
        ours = numbers[MACHINES.index(machine)]
        if not (ours and name in NEWER_THAN_SOME_HEADERS):
            assert ours == kernels.get(name), name


@pytest.mark.parametrize("tier", [pytest.param("bubblewrap", marks=pytest.mark.bubblewrap)], indirect=True)
class TestInAGuest:
    def test_calls_fail_with_their_error(self, lab: Any) -> None:
        column = MACHINES.index(platform.machine())
        names = ["io_uring_setup", "userfaultfd", "perf_event_open", "ptrace", "process_vm_readv", "add_key", "setns"]
        numbers = [seccomp.DENIED[name][column] for name in names] + [seccomp.NUMBERS["clone3"][column]]
        errors = lab.ask(
            """
            import ctypes
            libc = ctypes.CDLL(None, use_errno=True)
            return [ctypes.get_errno() if libc.syscall(number, 0, 0, 0, 0, 0) == -1 else 0 for number in request]
            """,
            numbers,
        )
        assert errors == [errno.EPERM] * len(names) + [errno.ENOSYS]

    def test_threads_and_processes_start(self, lab: Any) -> None:
        said = lab.ask("""
            import os, threading
            said = []
            thread = threading.Thread(target=said.append, args=("thread",))
            thread.start()
            thread.join()
            pid = os.fork()
            if not pid:
                os._exit(7)
            return said + [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])]
        """)
        assert said == ["thread", 7]

    @pytest.mark.skipif(platform.machine() != "x86_64", reason="int 0x80 is x86's")
    def test_a_32_bit_call_ends_the_child(self, lab: Any) -> None:
        exit = lab.exit("""
            import ctypes, mmap
            page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            page.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20 (getpid); int 0x80; ret
            return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
        """)
        assert (exit.reason, exit.status) == ("crash", -31)
