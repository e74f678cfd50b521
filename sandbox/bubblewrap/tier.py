"""Starts guests with bwrap, each in a control group of its own."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from .. import ZYGOTE, Guest, Image, SandboxLost, Spec, TierMissing, library, packages
from ..guest.birth import METER_FD
from ..guest.jobs import ZygoteSettings
from . import cgroups, launch, nurseries, rootfs
from .cgroups import Group
from .guest import BubblewrapGuest
from .process import Launched, Process

_serial = itertools.count()


class BubblewrapTier:
    """Needs Linux, `bwrap` 0.8 or newer, and user namespaces for whoever runs it."""

    name = "bubblewrap"

    def __init__(self, nursery: bool = True) -> None:
        """`nursery`: whether guests are forked where they can be; otherwise each starts an interpreter of its own."""
        self._closed, self._nursery = False, nursery

    def forks(self) -> bool:
        return self._nursery and nurseries.shared(os.getpid()).obstacle() is None

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
        absent = ["a uid of its own for each child"]  # of a guest: the zygote's; each guest has another outside
        if self._nursery and (why := nurseries.shared(os.getpid()).obstacle()):
            absent.append(f"fresh guests at the price of a fork ({why})")
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

    def modules(self) -> frozenset[str]:
        return packages.modules()

    def start(self, spec: Spec) -> Guest:
        if self._closed:
            raise SandboxLost("bubblewrap: the tier was closed")
        if missing := self.missing():
            raise TierMissing(missing)
        name = f"godel-{spec.role}-{os.getpid()}-{next(_serial)}"
        try:
            group = cgroups.create(spec.limits)
            process = self._forked(spec, group) or started(spec, group)
        except OSError as error:
            raise SandboxLost(f"bubblewrap could not be started: {error}") from error
        return BubblewrapGuest(name, process, group, spec.limits.log_bytes)

    def _forked(self, spec: Spec, group: Group) -> Process | None:
        """A guest of a nursery; None where this kind can't be forked. Raises OSError, and then its group is gone."""
        if not self.forks():
            return None
        settings = zygote_settings(spec, group.controllers, METER_FD if group.meter() else None)
        try:
            return nurseries.shared(os.getpid()).bear(self, spec, settings, group)
        except (OSError, SandboxLost):
            group.remove()
            raise

    def reap(self) -> int:
        """Guests end with the process that started them: only their groups can be left."""
        return cgroups.reap()

    def images(self) -> list[Image]:
        return []

    def remove(self, what: Image) -> bool:
        return False

    def close(self) -> None:
        """The namespace in which its guests were started is the process's: the next tier here starts with it too."""
        self._closed = True
        nurseries.shared(os.getpid()).leave(self)


def started(spec: Spec, group: Group) -> Process:
    """A guest that starts an interpreter. Raises OSError; then its group is gone."""
    meter = group.meter()
    settings = zygote_settings(spec, group.controllers, launch.FIRST_FD if meter else None)
    command = [rootfs.python(), "-s", ZYGOTE, json.dumps(settings.to_json())]
    mounts = rootfs.options(spec.limits.tmpfs_bytes, spec.gpu)
    return Launched(launch.start(launch.Launch(command, group, mounts, (meter,) if meter else ())))


def zygote_settings(spec: Spec, controlled: frozenset[str], cpu_fd: int | None) -> ZygoteSettings:
    """What it imports from where, and the limits that it sets for itself where its group has no such controller."""
    limits = spec.limits
    rlimits = {"core": 0, "msgqueue": 0, "nofile": limits.open_files, "fsize": limits.file_bytes}
    if "pids" not in controlled and os.geteuid() != 0:  # counted per user namespace, and root's guests share one
        rlimits["nproc"] = limits.pids
    if "memory" not in controlled and not spec.gpu:  # CUDA reserves more address space than there is memory
        rlimits["as"] = limits.memory_bytes
    return ZygoteSettings(spec.preload, (rootfs.PACKAGES,), sweep=True, rlimits=rlimits, cpu_fd=cpu_fd)


def identity() -> str:
    """A hash over all that a guest is made of, as it is now."""
    digest = hashlib.sha256(sys.version.encode())
    digest.update(subprocess.run(["bwrap", "--version"], capture_output=True, check=True).stdout)
    for name, distribution in packages.installed().items():
        digest.update(f"{name} {distribution.version}\n".encode())
    for place, file in library.files():
        digest.update(f"{place}\n".encode() + file.read_bytes())
    return f"sha256:{digest.hexdigest()}"
