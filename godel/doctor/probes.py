"""Attempts to break out. This file runs inside a sandbox, as the driver of a candidate.

Every probe tries its worst and returns (whether the protection held, what it saw). Those
that end with their own process never return; the host judges them by how they ended.
"""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

Finding = tuple[bool, str]
PTRACE_ATTACH = 16


def run(program: Any, request: Any) -> Finding:
    """The driver's entry: `request` names a probe and holds its arguments."""
    probe: Callable[..., Finding] = globals()[request["probe"]]
    return probe(**request["arguments"])


def network_host(port: int, abstract: str) -> Finding:
    """Reach listeners that the doctor has opened on the host."""
    reached = [name for name, address in {"tcp": ("127.0.0.1", port), "unix": "\0" + abstract}.items()
               if connects(address)]  # fmt: skip
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
    """Find a secret of the host in any environment that can be read."""
    texts = {"own": repr(dict(os.environ))}
    for pid in pids():
        for name in ("environ", "cmdline"):
            texts[f"/proc/{pid}/{name}"] = contents(f"/proc/{pid}/{name}")
    found = [place for place, text in texts.items() if canary in text]
    extra = sorted(set(os.environ) - {"HOME", "PATH", "LANG", "OMP_NUM_THREADS", "LC_CTYPE"})
    return not found and not extra, f"canary in {found}, variables {extra}" if found or extra else "empty"


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
    places = ["/proc/sys/kernel/hostname", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger",
              "/sys/kernel/uevent_helper"]  # fmt: skip
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


def limits() -> Finding:
    """Dump core, or raise one's own ceilings."""
    core = resource.getrlimit(resource.RLIMIT_CORE)
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    raised = True
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except (ValueError, OSError):
        raised = False
    return core == (0, 0) and files[1] < 65536 and not raised, f"core {core[1]}, open files {files[1]}, raised {raised}"


def fork_bomb(most: int) -> Finding:
    """Fork until refused. Held if that comes before `most` processes."""
    count = 0
    try:
        for _ in range(most):
            if not os.fork():
                time.sleep(60)
                os._exit(0)
            count += 1
    except OSError as error:
        return True, f"refused after {count}: {error.strerror}"
    return False, f"{count} processes"


def memory_bomb(step: int, most: int) -> Finding:
    """Take and touch memory. Held if it is refused, or this process is ended, before `most` bytes."""
    held: list[bytearray] = []
    try:
        while len(held) * step < most:
            held.append(bytearray(step))
    except MemoryError:
        return True, f"refused after {len(held) * step >> 20} MiB"
    return False, f"took {most >> 20} MiB"


def children_memory_bomb(step: int, most: int) -> Finding:
    """The same through children, each below its own ceiling."""
    for _ in range(8):
        if not os.fork():
            held: list[bytearray] = []
            while len(held) * step < most // 4:
                held.append(bytearray(step))
            time.sleep(3)
            os._exit(0)
    codes = [os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(8)]
    return any(codes), f"exit codes {codes}"


def disk_bomb(most: int) -> Finding:
    """Fill every place that can be written. Held if that ends before `most` bytes."""
    total = 0
    for place in ("/tmp", "/dev/shm"):
        if not os.path.isdir(place):
            continue
        try:
            for number in range(1000):
                with open(f"{place}/bomb-{number}", "wb") as file:
                    for _ in range(16):
                        total += file.write(b"x" * (1 << 20))
                if total > most:
                    return False, f"wrote {total >> 20} MiB"
        except OSError as error:
            detail = error.strerror
    return True, f"refused after {total >> 20} MiB: {detail}"


def daemon(marker: str) -> Finding:
    """Leave a process behind: two forks, a session of its own."""
    if not os.fork():
        os.setsid()
        if not os.fork():
            with open(f"/tmp/{marker}", "w") as file:
                file.write(str(os.getpid()))
            time.sleep(600)
        os._exit(0)
    time.sleep(0.1)
    return True, "left a process and a file"


def left_behind(marker: str) -> Finding:
    """Whether the earlier probe's process or file can still be found."""
    others = [pid for pid in pids() if pid not in (1, os.getpid(), os.getppid())]
    files = os.path.exists(f"/tmp/{marker}")
    return not others and not files, f"processes {others}, file {files}"


def spin(seconds: float) -> Finding:
    """Use CPU past the deadline."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
    return False, f"ran for {seconds} s"


def sleep(seconds: float) -> Finding:
    """Sit past the deadline, deaf to signals, with a child that does the same."""
    import signal

    for number in range(1, 32):
        if number not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_IGN)
    subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({seconds})"])
    time.sleep(seconds)
    return False, f"stayed for {seconds} s"


def log_flood(megabytes: int) -> Finding:
    """Print more than a log may hold."""
    for _ in range(megabytes):
        print("x" * (1 << 20))
    return True, f"printed {megabytes} MiB"


def speak_as_zygote() -> Finding:
    """Forge the supervisor's word on the channel."""
    for fd in range(3, 16):
        try:
            os.write(fd, b'Z{"exit": {"reason": "exit", "status": 0}}\n')
        except OSError:
            continue
    time.sleep(5)
    return False, "still speaking"
