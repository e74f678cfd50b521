"""Attempts to break out. This file runs inside a sandbox, as a candidate.

Every probe tries its worst and returns (whether the protection held, what it saw). Those
that end with their own process never return; the host judges them by how they ended.
"""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

Finding = tuple[bool, str]
PTRACE_ATTACH = 16
PR_SET_DUMPABLE = 4
IPC_CREAT = 0o1000
NOTE = 0x60DE1
"""The key of the System V objects in which a child leaves the next one a note."""


def network_host(port: int, abstract: str) -> Finding:
    """Reach listeners that the doctor has opened on the host."""
    reached = [
        name for name, address in {"tcp": ("127.0.0.1", port), "unix": "\0" + abstract}.items() if connects(address)
    ]
    return not reached, f"reached the host by {reached}" if reached else "connection refused"


def network_outside() -> Finding:
    """Any interface but loopback that is up, a name, a cloud's metadata service."""
    routes = contents("/proc/net/route").splitlines()[1:]
    reached = [host for host in ("169.254.169.254", "198.51.100.1") if connects((host, 80))]
    try:
        reached.append(socket.gethostbyname("example.org"))
    except OSError as error:
        detail = str(error)
    return not routes and not reached, f"routes {routes}, reached {reached}" if routes or reached else detail


def connects(address: Any) -> bool:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as attempt:
            attempt.settimeout(0.5)
            attempt.connect(address)
            return True
    except OSError:
        return False


def host_files(paths: list[str]) -> Finding:
    """Read files of the host by their path, and what every Linux host has."""
    seen = [path for path in [*paths, "/etc/shadow", "/root/.ssh", "/var/run/docker.sock"] if readable(path)]
    return not seen, f"read {seen}" if seen else "no such file, or not readable"


def readable(path: str) -> bool:
    try:
        return bool(os.listdir(path)) if os.path.isdir(path) else bool(open(path, "rb").read(1))
    except OSError:
        return False


def read_only() -> Finding:
    """Write anywhere but the scratch folders: the root, the interpreter, the guest's code."""
    folders = ["/", "/usr", "/etc", "/opt", "/var", os.path.dirname(os.__file__), *sys.path]
    written = [folder for folder in dict.fromkeys(folders) if os.path.isdir(folder) and writable(folder)]
    written = [folder for folder in written if not folder.startswith(("/tmp", "/dev/shm"))]
    return not written, f"wrote to {written}" if written else "every write refused"


def writable(folder: str) -> bool:
    path = os.path.join(folder, f"probe-{os.getpid()}")
    try:
        with open(path, "w"):
            os.unlink(path)
        return True
    except OSError:
        return False


def environment(canary: str) -> Finding:
    """Find a secret of the host in any environment that can be read, the zygote's copied one too."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1)  # or our own /proc files are not ours to open
    texts = {"own": repr(dict(os.environ))}
    for pid in pids():
        for name in ("environ", "cmdline"):
            texts[f"/proc/{pid}/{name}"] = contents(f"/proc/{pid}/{name}")
    leaked = [place for place, text in texts.items() if canary in text]
    extra = sorted(set(os.environ) - {"HOME", "USER", "PATH", "LANG", "OMP_NUM_THREADS", "LC_CTYPE"})
    return not leaked and not extra, f"canary in {leaked}, variables {extra}" if leaked or extra else "empty"


def contents(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(1 << 20).decode("latin-1")
    except OSError:
        return ""


def pids() -> Iterator[int]:
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


def processes(marker: str) -> Finding:
    """See a process of the host by its command line."""
    lines = {pid: contents(f"/proc/{pid}/cmdline") for pid in pids()}
    seen = [pid for pid, line in lines.items() if marker in line and pid != os.getpid()]
    return not seen and len(lines) < 20, f"{len(lines)} processes visible, the host's: {seen}"


def kernel() -> Finding:
    """Write the kernel's settings, read its memory, hold devices."""
    places = [
        "/proc/sys/kernel/hostname",
        "/proc/sys/kernel/core_pattern",
        "/proc/sysrq-trigger",
        "/sys/kernel/uevent_helper",
    ]
    opened = [place for place in places if opens(place, os.O_WRONLY)]
    opened += [place for place in ("/proc/kcore", "/dev/mem", "/dev/kmem", "/dev/sda", "/dev/vda") if readable(place)]
    return not opened, f"opened {opened}" if opened else "nothing opened"


def opens(path: str, flags: int) -> bool:
    try:
        os.close(os.open(path, flags))
        return True
    except OSError:
        return False


def privilege() -> Finding:
    """Become root, gain capabilities, change the mounts, enter new namespaces."""
    status = dict(line.split(":\t", 1) for line in contents("/proc/self/status").splitlines() if ":\t" in line)
    libc = ctypes.CDLL(None, use_errno=True)
    attempts: dict[str, Callable[[], int]] = {
        "setuid(0)": lambda: int(libc.setuid(0)),
        "mount": lambda: int(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)),
        "unshare(user)": lambda: int(libc.unshare(0x10000000)),
        "unshare(mount)": lambda: int(libc.unshare(0x00020000)),
        "chroot": lambda: int(libc.chroot(b"/tmp")),
        "mknod": lambda: int(libc.mknod(b"/tmp/device", 0o020666, 0x101)),
    }
    gained = [name for name, attempt in attempts.items() if attempt() == 0]
    capable = int(status["CapEff"], 16) | int(status["CapPrm"], 16) | int(status.get("CapAmb", "0"), 16)
    held = not gained and not capable and status["NoNewPrivs"].strip() == "1" and os.getuid() != 0
    return held, f"uid {os.getuid()}, capabilities {capable:x}, gained {gained}"


def seccomp() -> Finding:
    """Call what the filter must refuse: keyctl, bpf, userfaultfd, perf_event_open."""
    names = ("keyctl", "bpf", "userfaultfd", "perf_event_open")
    numbers = {"x86_64": (250, 321, 323, 298), "aarch64": (219, 280, 282, 241)}[os.uname().machine]
    libc = ctypes.CDLL(None, use_errno=True)
    allowed = [name for name, number in zip(names, numbers, strict=True) if libc.syscall(number, 0, 0, 0, 0) >= 0]
    mode = [line.split()[1] for line in contents("/proc/self/status").splitlines() if line.startswith("Seccomp:")]
    return mode == ["2"] and not allowed, f"mode {mode}, allowed {allowed}"


def zygote() -> Finding:
    """Reach into the process that holds the channel: its memory, its descriptors, by a trace."""
    parent = os.getppid()
    got = [place for place in (f"/proc/{parent}/mem", f"/proc/{parent}/environ") if readable(place)]
    for fd in range(40):
        if opens(f"/proc/{parent}/fd/{fd}", os.O_WRONLY):
            got.append(f"fd {fd}")
    if ctypes.CDLL(None, use_errno=True).ptrace(PTRACE_ATTACH, parent, None, None) == 0:
        got.append("ptrace")
    return not got, f"opened {got}" if got else "refused"


def inherited() -> Finding:
    """Hold a descriptor that leads anywhere but to this child's own pipes."""
    own = {fd: os.readlink(f"/proc/self/fd/{fd}") for fd in range(64) if os.path.islink(f"/proc/self/fd/{fd}")}
    odd = {fd: target for fd, target in own.items() if not target.startswith(("pipe:", "/dev/null"))}
    return not odd and len(own) <= 6, f"{len(own)} descriptors, odd: {odd}"


def speak_as_zygote() -> Finding:
    """Forge the supervisor's word on the channel."""
    for fd in range(3, 16):
        try:
            os.write(fd, b'Z{"exit": {"reason": "exit", "status": 0}}\n')
        except OSError:
            continue
    time.sleep(5)
    return False, "still speaking"


def who() -> int:
    """The uid of this child."""
    return os.getuid()


def same_user(earlier: int) -> Finding:
    """Be, or become, the user of an earlier child or of the zygote; act on the zygote and on init as its user may."""
    zygote, own = os.getppid(), os.getuid()
    uids = {earlier, *(os.stat(f"/proc/{pid}").st_uid for pid in (1, zygote))}
    kind, ceiling = resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE)
    acts: dict[str, Callable[[int], object]] = {
        "signal": lambda pid: os.kill(pid, 0),
        "ceilings": lambda pid: resource.prlimit(pid, kind, ceiling),
        "processors": lambda pid: os.sched_setaffinity(pid, os.sched_getaffinity(pid)),
        "priority": lambda pid: os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, pid)),
    }  # each sets what was set already: the probes after this one still need the zygote
    done = [f"{name} of {pid}" for pid in {1, zygote} for name, act in acts.items() if permitted(act, pid)]
    done += [f"own uid to {uid}" for uid in sorted(uids - {own}) if permitted(os.setuid, uid)]
    return not done and own != earlier, f"uid {own} after {earlier}; sets {', '.join(done) or 'nothing'}"


def permitted(act: Callable[[int], object], target: int) -> bool:
    try:
        act(target)
        return True
    except OSError:
        return False


def leave(marker: str) -> bool:
    """Leave a process behind (two forks, a session of its own) and a file; whether that could be done."""
    read, write = os.pipe()
    if not os.fork():
        os.setsid()
        if not os.fork():
            with open(f"/tmp/{marker}", "w") as file:
                file.write(str(os.getpid()))
            os.write(write, b".")
            time.sleep(600)
        os._exit(0)
    os.close(write)
    return os.read(read, 1) == b"."


def left_behind(marker: str, earlier: bool) -> Finding:
    """Whether an earlier child's process or file can still be found."""
    others = [pid for pid in pids() if pid not in (1, os.getpid(), os.getppid())]
    file = os.path.exists(f"/tmp/{marker}")
    return earlier and not others and not file, f"left {earlier}, found processes {others}, file {file}"


def leave_notes() -> list[str]:
    """Make System V objects, which outlive their maker; those that could be made."""
    return [name for name, get in notes(IPC_CREAT | 0o666).items() if get() >= 0]


def found_notes(earlier: list[str]) -> Finding:
    """Find the objects of an earlier child."""
    remaining = [name for name, get in notes(0).items() if get() >= 0]
    return not remaining, f"made {earlier}, found {remaining}"


def notes(flags: int) -> dict[str, Callable[[], int]]:
    libc = ctypes.CDLL(None)
    return {
        "memory": lambda: int(libc.shmget(NOTE, 4096, flags)),
        "messages": lambda: int(libc.msgget(NOTE, flags)),
        "semaphores": lambda: int(libc.semget(NOTE, 1, flags)),
    }
