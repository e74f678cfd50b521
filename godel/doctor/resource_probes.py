"""Attempts to use too much. This file runs inside a sandbox, as `escape_probes.py` does.

Each returns (whether the limit held, what it saw), and holds only if its own limit is what refused:
being stopped by something else, or much too early, is no proof.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

Finding = tuple[bool, str]
MiB = 1 << 20
INFINITE = resource.RLIM_INFINITY


def ceilings() -> Finding:
    """Dump core; have no ceiling, or raise it."""
    names = ("CORE", "CPU", "AS", "FSIZE", "NOFILE")
    limits = {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in names}
    absent = [name for name in names if limits[name][1] == INFINITE]
    raised = [name for name in names if raises(getattr(resource, f"RLIMIT_{name}"))]
    held = limits["CORE"] == (0, 0) and not absent and not raised
    return held, f"core {limits['CORE'][1]}, without a ceiling {absent}, raised {raised}"


def raises(kind: int) -> bool:
    hard = resource.getrlimit(kind)[1]
    higher = INFINITE if hard == INFINITE else hard + 1
    try:
        resource.setrlimit(kind, (higher, higher))
        return True
    except (ValueError, OSError):
        return False


def fork_bomb(limit: int) -> Finding:
    """Fork until refused, at most twice the limit. The guest's own processes count, and are few."""
    for count in range(2 * limit):
        try:
            if not os.fork():
                signal.pause()
        except OSError as error:
            return error.errno == errno.EAGAIN and limit - 8 <= count < limit, refused(f"{count} forks", error)
    return False, f"{2 * limit} processes"


def memory_bomb(limit: int, step: int = 4 * MiB) -> Finding:
    """Take and touch memory, at most half as much again as one child may have."""
    held: list[bytearray] = []
    try:
        while len(held) * step < limit * 3 // 2:
            held.append(bytearray(step))
    except MemoryError:
        taken = len(held) * step
        held.clear()
        return limit // 2 <= taken <= limit, f"refused after {taken // MiB} MiB"
    return False, f"took {limit * 3 // 2 // MiB} MiB"


def shared_memory_bomb(limit: int, each: int) -> Finding:
    """Children that are each below their own ceiling, together half as much again as the guest may have."""
    read, write = os.pipe()  # held open by us: the children stay until we let go of it
    children = [grow(each, read, write) for _ in range(limit * 3 // 2 // each)]
    answers = [os.read(pipe, 1) for _, pipe in children]
    os.close(write)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid, _ in children]
    full, killed = codes.count(0), codes.count(-signal.SIGKILL)
    if b"r" in answers or full + killed < len(codes):
        return False, f"refused by their own ceilings: exit codes {codes}"
    return full * each <= limit and killed > 0, f"{full} of {len(codes)} held {each // MiB} MiB each, {killed} ended"


def grow(size: int, hold: int, hold_write: int) -> tuple[int, int]:
    """A child that takes `size`, says "f" for full or "r" for refused, and stays until `hold` ends."""
    read, write = os.pipe()
    if pid := os.fork():
        os.close(write)
        return pid, read
    os.close(hold_write)
    try:
        held = [bytearray(MiB) for _ in range(size // MiB)]
        os.write(write, b"f")
        os.read(hold, 1)
        os._exit(not held)
    except MemoryError:
        os.write(write, b"r")
        os._exit(2)


def disk_bomb(limit: int, places: list[str]) -> Finding:
    """Fill each scratch folder, at most to twice its size, with files that are small enough."""
    outcomes = {place: fill(place, limit) for place in places if Path(place).is_dir()}
    details = "; ".join(f"{place}: {detail}" for place, (_, detail) in outcomes.items())
    return bool(outcomes) and all(held for held, _ in outcomes.values()), details


def fill(place: str, limit: int) -> Finding:
    total = 0
    try:
        while total < 2 * limit:
            with Path(place, f"bomb-{total}").open("wb", buffering=0) as file:
                for _ in range(4):
                    total += file.write(bytes(MiB))
    except OSError as error:
        full = error.errno == errno.ENOSPC and limit // 2 <= total <= limit
        outcome = full, f"{total // MiB} MiB, {error.strerror}"
    else:
        outcome = False, f"{total // MiB} MiB"
    for bomb in Path(place).glob("bomb-*"):
        bomb.unlink()
    return outcome


def file_bomb(limit: int) -> Finding:
    """Let one file grow, at most by half over its limit."""
    size = 0
    with Path("/tmp/grows").open("wb", buffering=0) as file:
        while size < limit * 3 // 2:
            try:
                size += file.write(bytes(MiB))
            except OSError as error:
                return error.errno == errno.EFBIG and size == limit, refused(f"{size // MiB} MiB", error)
    return False, f"{size // MiB} MiB in a file"


def open_files(limit: int) -> Finding:
    """Open until refused, at most twice the limit."""
    opened, before = list[int](), len([*Path("/proc/self/fd").iterdir()]) - 1
    try:
        while len(opened) < 2 * limit:
            opened.append(os.dup(0))
    except OSError as error:
        count = before + len(opened)
        outcome = error.errno == errno.EMFILE and count == limit, refused(f"{count} open files", error)
    else:
        outcome = False, f"{before + len(opened)} open files"
    for fd in opened:
        os.close(fd)
    return outcome


def refused(after: str, error: OSError) -> str:
    return f"refused after {after}: {error.strerror}"


def cpu_share(cpus: float, seconds: float) -> tuple[bool | None, str]:
    """Two busy processes. They were kept to the limit if they stayed at it while processors had nothing to do:
    None where there were none, and nobody can tell the limit from a busy machine."""
    start, idle = time.monotonic(), idle_s()
    children = [busy(start + seconds) for _ in range(2)]
    usages = [os.wait4(pid, 0)[2] for pid in children]
    elapsed = time.monotonic() - start
    share = sum(usage.ru_utime + usage.ru_stime for usage in usages) / elapsed
    unused = (idle_s() - idle) / elapsed
    if share < 1.5 * cpus and (share < cpus / 2 or unused < cpus):
        return None, f"{share:.2f} CPUs were had and {unused:.2f} idle: the machine is too busy to tell"
    return share < 1.5 * cpus, f"{share:.2f} CPUs in {seconds:g} s"


def idle_s() -> float:
    """Seconds for which this machine's processors have had nothing to do, all together."""
    columns = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return sum(map(int, columns[4:6])) / os.sysconf("SC_CLK_TCK")


def busy(until: float) -> int:
    if not (pid := os.fork()):
        while time.monotonic() < until:
            pass
        os._exit(0)
    return pid


def spin(seconds: float) -> Finding:
    """Use CPU past the deadline: of its own CPU time, which a busy machine does not count."""
    while time.process_time() < seconds:
        pass
    return False, f"ran for {seconds} s"


def spin_by_proxy(seconds: float, each: float = 0.02) -> Finding:
    """Use CPU past the deadline in short-lived processes that nobody waits for, so that no account of them stays."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in range(round(seconds / each)):
        gone, held = os.pipe()
        if not os.fork():
            while time.process_time() < each:
                pass
            os._exit(0)
        os.close(held)
        os.read(gone, 1)
        os.close(gone)
    return False, f"ran for {seconds} s in processes of {each} s"


def sleep(seconds: float) -> Finding:
    """Sit past the deadline, deaf to signals, with a child that does the same."""
    for number in range(1, 32):
        if number not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_IGN)
    subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({seconds})"])
    time.sleep(seconds)
    return False, f"stayed for {seconds} s"


def log_flood(size: int, last: str) -> Finding:
    """Print more than a log may hold. The host looks at what it kept."""
    for _ in range(size // MiB):
        print("x" * MiB)
    print(last, flush=True)
    return True, f"printed {size // MiB} MiB"
