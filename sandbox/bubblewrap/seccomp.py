"""The system calls that a bubblewrap guest may not make, as a classic BPF program.

The filter allows by default and refuses what Docker's default profile refuses to a container
without capabilities, and a little more: tracing, foreign memory, mounts, namespaces, keys, BPF,
performance counters, io_uring, every socket family but UNIX and IP, and the System V and POSIX
objects that outlive their maker (one candidate could leave the next a note). A system call made
through another architecture's table (i386 or x32 on x86-64) ends the process.

Written here and not with libseccomp: its Python binding needs the C library beside bubblewrap, which does not bring
it, and without it no guest could start; and the version of Debian 12 (2.5.4) does not know three of these calls. The
numbers are held against the kernel's headers by a test.

The formats are those of <linux/filter.h>, <linux/seccomp.h> and <linux/audit.h>.
"""

from __future__ import annotations

import errno
import platform
import struct

KILL_PROCESS, ERRNO, ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
LOAD, JUMP_EQUAL, JUMP_AT_LEAST, AND, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16
"""Offsets in struct seccomp_data. An argument is 64 bits wide, low word first."""

AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32 = 0x40000000
"""From here on, the numbers of x86-64's audit architecture belong to the x32 table."""

NAMESPACES = 0x7E020080
"""CLONE_NEW{TIME,NS,CGROUP,UTS,IPC,USER,PID,NET}."""
FAMILIES = (1, 2, 10)
"""AF_UNIX, AF_INET, AF_INET6. The network namespace is empty; the others are attack surface."""
TERMINAL_INJECTION = (0x5412, 0x541C)
"""TIOCSTI, TIOCLINUX: they type into the terminal that the guest was started from."""
PERSONALITIES = (0x0, 0xFFFFFFFF)
"""The default one, and the question which one it is."""

DENIED: dict[str, tuple[int | None, int | None]] = {
    # name: (x86_64, aarch64)
    "_sysctl": (156, None),
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "create_module": (174, None),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "get_kernel_syms": (177, None),
    "get_mempolicy": (239, 236),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioprio_set": (251, 30),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "listmount": (458, 458),
    "lookup_dcookie": (212, 18),
    "mbind": (237, 235),
    "migrate_pages": (256, 238),
    "modify_ldt": (154, None),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "nfsservctl": (180, 42),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "query_module": (178, None),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "semget": (64, 190),
    "set_mempolicy": (238, 237),
    "set_mempolicy_home_node": (450, 450),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "shmget": (29, 194),
    "statmount": (457, 457),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "sysfs": (139, None),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "uselib": (134, None),
    "userfaultfd": (323, 282),
    "ustat": (136, None),
    "vhangup": (153, 58),
}
NUMBERS = {
    "clone": (56, 220),
    "clone3": (435, 435),
    "ioctl": (16, 29),
    "personality": (135, 92),
    "prlimit64": (302, 261),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "setpriority": (141, 140),
    "socket": (41, 198),
    "socketpair": (53, 199),
}
"""The system calls whose arguments decide."""

ON_A_PROCESS = ("prlimit64", "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler")
"""They name a process first. A child has its zygote's uid: it may only set its own (0), or it could lower
the ceilings and the priority of all children that come after it. Not being dumpable does not protect a process."""


BIRTH = frozenset({"mount", "setns", "sethostname", "umount2", "unshare"})
"""What a nursery needs more than a guest."""


def supported(machine: str | None = None) -> bool:
    """Whether `program` knows this machine's system calls."""
    return (machine or platform.machine()) in AUDIT


def program(machine: str | None = None, allowed: frozenset[str] = frozenset()) -> bytes:
    """The filter for `machine` (default: this one), as an array of struct sock_filter. `allowed`: names of DENIED
    that are not.

    Raises ValueError for a machine that is not `supported`.
    """
    machine = machine or platform.machine()
    column = list(AUDIT).index(machine)
    number = {name: numbers[column] for name, numbers in NUMBERS.items()}
    parts = [
        step(LOAD, ARCHITECTURE) + step(JUMP_EQUAL, AUDIT[machine], 1, 0) + step(RETURN, KILL_PROCESS),
        step(LOAD, NUMBER),
        step(JUMP_AT_LEAST, X32, 0, 1) + step(RETURN, KILL_PROCESS) if machine == "x86_64" else b"",
        *(refuse(numbers[column], errno.EPERM) for name, numbers in DENIED.items() if name not in allowed),
        # glibc falls back to clone(), whose flags can be read; those of clone3() lie behind a pointer.
        refuse(number["clone3"], errno.ENOSYS),
        when(number["clone"], refuse_bits(0, NAMESPACES)),
        when(number["socket"], allow_only(0, FAMILIES, errno.EAFNOSUPPORT)),
        when(number["socketpair"], allow_only(0, FAMILIES, errno.EAFNOSUPPORT)),
        when(number["personality"], allow_only(0, PERSONALITIES, errno.EPERM)),
        when(number["ioctl"], refuse_values(1, TERMINAL_INJECTION)),
        *(when(number[name], allow_only(0, (0,), errno.EPERM)) for name in ON_A_PROCESS),
        # (PRIO_PROCESS, 0) is the caller; a group or a user can hold the zygote.
        when(number["setpriority"], only_zero(0) + allow_only(1, (0,), errno.EPERM)),
        step(RETURN, ALLOW),
    ]
    return b"".join(parts)


def step(code: int, k: int, true: int = 0, false: int = 0) -> bytes:
    """One struct sock_filter; the jumps are counted in instructions."""
    return struct.pack("=HBBI", code, true, false, k)


def refuse(number: int | None, error: int) -> bytes:
    """The system call `number` fails with `error`. None: this machine has no such call."""
    if number is None:
        return b""
    return step(JUMP_EQUAL, number, 0, 1) + step(RETURN, ERRNO | error)


def when(number: int, body: bytes) -> bytes:
    """Run `body`, which must end in a return, for the system call `number` only."""
    return step(JUMP_EQUAL, number, 0, len(body) // 8) + body


def argument(index: int) -> bytes:
    """Load the low word of an argument: the kernel ignores the high word of all that we test."""
    return step(LOAD, ARGUMENTS + 8 * index)


def refuse_bits(index: int, mask: int) -> bytes:
    refusal = step(JUMP_EQUAL, 0, 1, 0) + step(RETURN, ERRNO | errno.EPERM)
    return argument(index) + step(AND, mask) + refusal + step(RETURN, ALLOW)


def refuse_values(index: int, values: tuple[int, ...]) -> bytes:
    return argument(index) + b"".join(refuse(value, errno.EPERM) for value in values) + step(RETURN, ALLOW)


def only_zero(index: int) -> bytes:
    """Go on if the argument is 0, else refuse."""
    return argument(index) + step(JUMP_EQUAL, 0, 1, 0) + step(RETURN, ERRNO | errno.EPERM)


def allow_only(index: int, values: tuple[int, ...], error: int) -> bytes:
    allowed = b"".join(step(JUMP_EQUAL, value, 0, 1) + step(RETURN, ALLOW) for value in values)
    return argument(index) + allowed + step(RETURN, ERRNO | error)
