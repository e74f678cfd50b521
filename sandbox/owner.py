"""Who started a guest: enough to tell later whether that process still lives."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def labels(pid: int | None = None) -> dict[str, str]:
    """Labels that name one process for good: pids are used again, (boot, namespace, pid, start) are not."""
    pid = os.getpid() if pid is None else pid
    return {"godel.pid": str(pid), "godel.start": start_time(pid), "godel.host": host()}


def host() -> str:
    """This boot and this pid namespace: where a pid means what it says."""
    return f"{BOOT_ID.read_text().strip()}/{Path('/proc/self/ns/pid').stat().st_ino}"


def start_time(pid: int) -> str:
    """Clock ticks since boot at which `pid` started (field 22 of proc_pid_stat(5)); "" if there is none.
    A zombie has ended: it does not count."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


def alive(owner: Mapping[str, str]) -> bool | None:
    """Whether the process that `labels` named still runs. None: it is of another boot, machine or
    pid namespace, and nobody here can know."""
    if owner.get("godel.host") != host():
        return None
    started = start_time(int(owner["godel.pid"]))
    return bool(started) and started == owner["godel.start"]
