"""The embedded tier: bubblewrap, where there is no container engine.

Everything is unshared, nothing of the host is there but what `rootfs` names, and no
environment is inherited, not by bwrap either. The zygote is the guest's init: it can't be
signalled or traced by its children, and no process stands beside it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import ZYGOTE, Guest, SandboxLost, Spec, TierMissing, cgroups, launch, rootfs
from .process import ProcessGuest

_serial = itertools.count()


class BubblewrapTier:
    """Needs Linux, `bwrap` 0.8 or newer, and user namespaces for whoever runs it."""

    name = "bubblewrap"

    def missing(self) -> str | None:
        return launch.obstacle()

    def prepare(self, report: Callable[[str], None]) -> None:
        if missing := self.missing():
            raise TierMissing(missing)
        report("bubblewrap is ready")

    def identity(self) -> str:
        return identity()

    def unset(self) -> tuple[str, ...]:
        controlled = cgroups.controlled()
        absent = ["a uid of its own for each child"]
        if "memory" not in controlled:
            absent.append("memory of a guest as a whole (each process has a limit of its own)")
        if "pids" not in controlled and os.geteuid() == 0:
            absent.append("number of processes (root's guests have no RLIMIT_NPROC)")
        if "cpu" not in controlled:
            absent.append("share of the cpus")
        if "cpuacct" not in controlled:
            absent.append("CPU seconds of the processes that a child starts (its own are limited and counted)")
        if not Path("/proc/self/schedstat").exists():
            absent.append("what a guest waits for a processor (a run that a busy machine may have starved is repeated)")
        if os.geteuid() == 0 and not launch.guests_are_nobody():
            absent.append("a uid outside that is not root's (nobody may not read the interpreter or the guest library)")
        return tuple(absent)

    def start(self, spec: Spec) -> Guest:
        if missing := self.missing():
            raise TierMissing(missing)
        name = f"godel-{spec.role}-{os.getpid()}-{next(_serial)}"
        try:
            group = cgroups.create(spec.limits)
            meter = group.meter()
            settings = configuration(spec, group.controllers) | {"cpu_fd": launch.FIRST_FD if meter else None}
            command = [rootfs.python(), "-s", ZYGOTE, json.dumps(settings)]
            readable = (meter,) if meter else ()
            process = launch.start(command, group, spec.limits.tmpfs_bytes, gpu=spec.gpu, readable=readable)
        except OSError as error:
            raise SandboxLost(f"bubblewrap could not be started: {error}") from error
        return ProcessGuest(name, process, group, spec.limits.log_bytes)

    def reap(self) -> int:
        """Guests end with the process that started them: only their groups can be left."""
        return cgroups.reap()


def configuration(spec: Spec, controlled: frozenset[str]) -> dict[str, Any]:
    """The zygote's: what it imports from where, and the limits that it sets for itself where its
    group has no such controller."""
    limits = spec.limits
    rlimits = {"core": 0, "msgqueue": 0, "nofile": limits.open_files, "fsize": limits.file_bytes}
    if "pids" not in controlled and os.geteuid() != 0:  # counted per user namespace, and root's guests share one
        rlimits["nproc"] = limits.pids
    if "memory" not in controlled and not spec.gpu:  # CUDA reserves more address space than there is memory
        rlimits["as"] = limits.memory_bytes
    return {
        "preload": spec.preload,
        "path": rootfs.package_paths(),
        "sweep": True,
        "uid_base": None,
        "rlimits": rlimits,
    }


def identity() -> str:
    """A hash over all that a guest is made of, as it is now."""
    digest = hashlib.sha256(sys.version.encode())
    digest.update(subprocess.run(["bwrap", "--version"], capture_output=True, check=True).stdout)
    for name in ("numpy", "libcst", "torch"):
        digest.update(f"{name} {version(name)}\n".encode())
    for place, source in sorted(rootfs.library_files().items()):
        for file in sorted(source.rglob("*.py")) if source.is_dir() else (source,):
            digest.update(f"{place} {file.name}\n".encode() + file.read_bytes())
    return f"sha256:{digest.hexdigest()}"


def version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "absent"
