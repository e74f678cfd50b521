"""Control groups, versions 1 and 2, where this process may make some: one group per guest.

A group is named for the process that made it, so that whoever comes later can tell which
ones were left behind by a process that is gone.
"""

from __future__ import annotations

import functools
import itertools
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .. import Limits, owner

PREFIX = "godel-"
CONTROLLERS = ("memory", "pids", "cpu", "cpuacct")
PERIOD_US = 100_000
REMOVE_TIMEOUT_S = 5.0
_serial = itertools.count()


@dataclass(frozen=True)
class Group:
    """One guest's group: a folder per hierarchy, and the controllers that it has there. Version 2
    has one hierarchy, version 1 one for each controller."""

    folders: tuple[Path, ...]
    controllers: frozenset[str] = frozenset()

    def entrances(self) -> list[str]:
        """The files into which a process with one thread writes "0" to enter. Version 1 has one for single threads,
        which needs no grace period of the kernel (some 10 ms)."""
        names = ("tasks", "cgroup.procs")
        return [str(next(file for name in names if (file := folder / name).exists())) for folder in self.folders]

    def oom_kills(self) -> int:
        """How many of its processes the kernel has ended for want of memory."""
        for folder in self.folders:
            for name in ("memory.events", "memory.oom_control"):
                if (folder / name).exists():
                    return counter(folder / name, "oom_kill")
        return 0

    def meter(self) -> Path | None:
        """The file that counts the CPU time of all its processes, if there is one."""
        names = ("cpuacct.usage", "cpu.stat")  # version 1 has a cpu.stat too, of throttling: it comes second
        files = (folder / name for name in names for folder in self.folders)
        return next((file for file in files if file.exists()), None)

    def remove(self) -> bool:
        """End what is left in it and remove it; False if the kernel kept it busy for too long."""
        deadline = time.monotonic() + REMOVE_TIMEOUT_S
        left = self.folders
        while left := tuple(folder for folder in left if not removed(folder)):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.002)
        return True


@dataclass(frozen=True)
class Parent:
    """A folder in which groups can be made, and the controllers that they get there."""

    folder: Path
    version: int
    controllers: frozenset[str]


def controlled() -> frozenset[str]:
    """Which of "memory", "pids" and "cpu" can be limited here, and whether CPU time is counted ("cpuacct")."""
    return union(parents())


def union(parents: Iterable[Parent]) -> frozenset[str]:
    return frozenset().union(*(parent.controllers for parent in parents))


def create(limits: Limits) -> Group:
    """A group with these limits, as far as they are `controlled`. Raises OSError and leaves nothing."""
    name, places = f"{own_prefix()}{next(_serial)}", parents()
    group = Group(tuple(parent.folder / name for parent in places), union(places))
    try:
        for folder, parent in zip(group.folders, places, strict=True):
            folder.mkdir()
            limit(folder, parent, limits)
    except OSError:
        group.remove()
        _parents.cache_clear()  # a place that takes no group any more: the next one looks again
        raise
    return group


def reap() -> int:
    """Remove the groups whose maker is gone; how many guests those were."""
    orphans = [
        child for parent in parents() for child in parent.folder.glob(f"{PREFIX}*-*-*-*") if is_orphan(child.name)
    ]
    Group(tuple(orphans)).remove()
    return len({orphan.name for orphan in orphans})


def limit(folder: Path, parent: Parent, limits: Limits) -> None:
    quota = str(int(limits.cpus * PERIOD_US))
    memory, swap = str(limits.memory_bytes), folder / "memory.memsw.limit_in_bytes"
    settings = {
        (2, "memory"): {"memory.max": memory, "memory.swap.max": "0"},
        (2, "pids"): {"pids.max": str(limits.pids)},
        (2, "cpu"): {"cpu.max": f"{quota} {PERIOD_US}"},
        (1, "memory"): {"memory.limit_in_bytes": memory, swap.name: memory},
        (1, "pids"): {"pids.max": str(limits.pids)},
        (1, "cpu"): {"cpu.cfs_period_us": str(PERIOD_US), "cpu.cfs_quota_us": quota},
    }
    for controller in parent.controllers:
        for name, value in settings.get((parent.version, controller), {}).items():
            if (folder / name).exists():  # swap is accounted on some kernels only
                (folder / name).write_text(value)


def parents() -> tuple[Parent, ...]:
    """Where groups can be made, found by making one there. Only what was found is remembered."""
    try:
        return _parents()
    except LookupError:
        return ()


@functools.cache  # of what is returned; an exception is not kept
def _parents() -> tuple[Parent, ...]:
    """Raises LookupError where there is no such place."""
    usable_places: dict[Path, Parent] = {}
    for folder, version, names in hierarchies():
        parent = usable(folder, version, names)
        if parent and parent.folder not in usable_places:
            usable_places[parent.folder] = parent
    if not usable_places:
        raise LookupError("no folder of control groups is writable")
    return tuple(usable_places.values())


def hierarchies() -> list[tuple[Path, int, frozenset[str]]]:
    """This process's folder in every mounted hierarchy that has a controller we use."""
    mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    places = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        kind = "cgroup" if names else "cgroup2"
        for fields in mounts:
            tail = fields[fields.index("-") + 1 :]
            if tail[0] == kind and set(names.split(",")) <= {*tail[2].split(","), ""}:
                inside = path.removeprefix(fields[3]) if fields[3] != "/" else path
                offered = frozenset(names.split(",") if names else CONTROLLERS) & set(CONTROLLERS)
                if offered:
                    places.append((Path(fields[4]) / inside.strip("/"), 1 if names else 2, offered))
                break
    return places


def usable(folder: Path, version: int, names: frozenset[str]) -> Parent | None:
    """The nearest folder, from `folder` towards the root, in which a group has `names`."""
    for place in (folder, *folder.parents):
        if not (place / "cgroup.procs").exists():
            return None
        if os.access(place / "cgroup.procs", os.W_OK):
            controllers = probe(place, version, names)
            if controllers:
                return Parent(place, version, controllers)
    return None


def probe(place: Path, version: int, names: frozenset[str]) -> frozenset[str]:
    """The controllers that a group made in `place` really has."""
    if version == 2 and inhabited(place):
        return frozenset()
    trial = place / f"{own_prefix()}{next(_serial)}"
    try:
        trial.mkdir()
    except OSError:
        return frozenset()
    enable(place, version, names)
    marks = {
        "memory": ("memory.max", "memory.limit_in_bytes"),
        "pids": ("pids.max",),
        "cpu": ("cpu.max", "cpu.cfs_quota_us"),
        "cpuacct": ("cpu.stat", "cpuacct.usage"),
    }
    try:
        controllers = frozenset(n for n in names if any((trial / mark).exists() for mark in marks[n]))
        # version 2 counts, whatever it controls
        return controllers if controllers - {"cpuacct"} or version == 1 else frozenset()
    finally:
        trial.rmdir()


def inhabited(place: Path) -> bool:
    """Whether it holds processes, and so can't have groups of ours below it. Version 2 then hands on some
    controllers (pids, cpu) and not others, and no process may enter the groups that have them. Only the root
    of a hierarchy, which has no type, is free of that rule."""
    return (place / "cgroup.type").exists() and bool((place / "cgroup.procs").read_text().strip())


def enable(place: Path, version: int, names: frozenset[str]) -> None:
    """Version 2 hands a controller to children only where somebody has asked it to."""
    for name in names if version == 2 else ():
        try:
            (place / "cgroup.subtree_control").write_text(f"+{name}")
        except OSError:
            continue  # not ours to hand out: the probe then finds it missing


def removed(folder: Path) -> bool:
    try:
        for pid in (folder / "cgroup.procs").read_text().split():
            os.kill(int(pid), signal.SIGKILL)
        folder.rmdir()
    except (FileNotFoundError, ProcessLookupError):
        return not folder.exists()
    except OSError:  # EBUSY, ENODEV: its last processes are still ending
        return False
    return True


def counter(file: Path, key: str) -> int:
    fields = dict(line.split() for line in file.read_text().splitlines())
    return int(fields.get(key, 0))


def own_prefix() -> str:
    """How the names of this process's groups begin."""
    pid = os.getpid()
    return f"{PREFIX}{namespace()}-{pid}-{owner.start_time(pid)}-"


def is_orphan(name: str) -> bool:
    """Whether the maker of the group `name` is gone. One of another pid namespace is not ours to judge."""
    space, pid, start, _ = name.removeprefix(PREFIX).split("-")
    return space == namespace() and owner.start_time(int(pid)) != start


def namespace() -> str:
    return str(Path("/proc/self/ns/pid").stat().st_ino)
