"""What a bubblewrap guest sees as its file system, in bubblewrap's own options.

Read-only: the system's shared libraries, this interpreter with its standard library, the
packages that guests have and the guest library. Writable: two sized tmpfs. Nothing else.
"""

from __future__ import annotations

import functools
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from .. import GUEST_LIBRARY, library, packages
from ..guest.birth import PROC_EMPTIED, PROC_HIDDEN

PACKAGES = "/opt/godel/packages"
"""Where the packages of guests appear, and nothing else that is installed here."""

SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/etc/alternatives")
GPU_DEVICES = "nvidia*"
GPU_LIBRARIES = ("/usr/local/nvidia", "/usr/local/cuda", "/sys/bus/pci", "/sys/devices")


def options(tmpfs_bytes: int, gpu: bool, whole_proc: bool = False) -> list[str]:
    """bubblewrap's mount options, in the order in which they must be done. A nursery has a `whole_proc`: the kernel
    makes another one only for those who see one."""
    files = [*system(), *interpreter(), *installed_packages(), *guest_library(), *(gpu_libraries() if gpu else ())]
    return [
        *("--proc", "/proc", *(() if whole_proc else (*read_only("/proc/sys"), *hide_in_proc()))),
        *("--dev", "/dev", *(gpu_devices() if gpu else ()), "--remount-ro", "/dev"),
        *tmpfs("/tmp", tmpfs_bytes),
        *tmpfs("/dev/shm", tmpfs_bytes),
        *folders_above(files),
        *files,
        *("--remount-ro", "/"),
    ]


def folders_above(files: Sequence[str]) -> list[str]:
    """Those in which mounts are placed, open to everybody: bwrap makes them for its own user alone, and a guest that
    a nursery forks is another one."""
    above = {folder for place in destinations(files) for folder in Path(place).parents}
    return [word for folder in sorted(above) for word in ("--perms", "0755", "--dir", str(folder))]


def destinations(options: Sequence[str]) -> Iterator[str]:
    """Where these options mount or make something: the last word of each."""
    for word, following in pairwise([*options, "--"]):
        if following.startswith("--") and word.startswith("/"):
            yield word


def python() -> str:
    """The interpreter's path, outside and inside: the real one, not a virtual environment's link."""
    return str(Path(sys.executable).resolve())


def tmpfs(place: str, size: int) -> list[str]:
    return ["--perms", "1777", "--size", str(size), "--tmpfs", place]


def empty(place: str) -> list[str]:
    return ["--tmpfs", place, "--remount-ro", place]


def read_only(source: str | Path, place: str | None = None) -> list[str]:
    return ["--ro-bind", str(source), place or str(source)]


def hide_in_proc() -> list[str]:
    hidden = [place for name in PROC_HIDDEN if (place := Path("/proc", name)).exists()]
    emptied = [place for name in PROC_EMPTIED if (place := Path("/proc", name)).is_dir()]
    return [
        *(word for place in hidden for word in read_only("/dev/null", str(place))),
        *(word for place in emptied for word in empty(str(place))),
    ]


def system() -> list[str]:
    """/lib is a link to usr/lib on most systems, and must be one inside too."""
    options: list[str] = []
    for place in map(Path, SYSTEM):
        if place.is_symlink():
            options += ["--symlink", str(place.readlink()), str(place)]
        elif place.exists():
            options += read_only(place)
    return options


def interpreter() -> list[str]:
    stdlib = standard_library()
    shared = Path(str(sysconfig.get_config_var("LIBDIR")), str(sysconfig.get_config_var("INSTSONAME")))
    masked = [Path(path, name) for path in stdlib for name in ("site-packages", "dist-packages")]
    return [
        *read_only(python()),
        *(word for path in sorted(stdlib) for word in read_only(Path(path).resolve(), path)),
        *(read_only(shared) if shared.suffix != ".a" and shared.exists() else ()),
        *(word for path in masked if path.is_dir() for word in empty(str(path))),
    ]


@functools.cache  # a process has one interpreter
def standard_library() -> frozenset[str]:
    base = {
        "base": sys.base_prefix,
        "platbase": sys.base_exec_prefix,
        "installed_base": sys.base_prefix,
        "installed_platbase": sys.base_exec_prefix,
    }
    return frozenset(sysconfig.get_path(name, vars=base) for name in ("stdlib", "platstdlib"))


def installed_packages() -> list[str]:
    """Entry by entry: an installed copy of this program, say, holds the tasks' reference solutions."""
    return ["--dir", PACKAGES] + [
        word for name, source in packages.entries().items() for word in read_only(source, f"{PACKAGES}/{name}")
    ]


def guest_library() -> list[str]:
    folders = library.FOLDERS.items()
    return [word for place, folder in folders for word in read_only(folder, f"{GUEST_LIBRARY}/{place}")]


def gpu_devices() -> list[str]:
    """Some are folders, such as /dev/nvidia-caps."""
    devices = sorted(Path("/dev").glob(GPU_DEVICES))
    return [word for device in devices for word in ("--dev-bind", str(device), str(device))]


def gpu_libraries() -> list[str]:
    return [word for place in GPU_LIBRARIES if Path(place).exists() for word in read_only(place)]
