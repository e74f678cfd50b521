"""Starts bwrap: its command line, its control groups, its filter; and whether it starts here."""

from __future__ import annotations

import functools
import os
import platform
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .. import GUEST_LIBRARY, MiB, TierMissing
from ..advice import sudo
from ..environment import ENVIRONMENT
from ..guest.birth import METER_FD
from . import remedy, rootfs, seccomp, userns
from .cgroups import Group
from .userns import UserNamespace

ISOLATION = (
    "--unshare-ipc",
    "--unshare-pid",
    "--unshare-net",
    "--unshare-uts",
    "--unshare-cgroup",
    "--new-session",
    "--die-with-parent",
    "--as-pid-1",
    "--hostname",
    "guest",
    "--clearenv",
)
ENTER = 'umask 022; while [ "$1" != -- ]; do echo 0 > "$1" || exit 125; shift; done; shift; exec /usr/bin/env -i "$@"'
"""A shell's words: enter the control groups named before `--`, then become what follows,
with no environment: a shell sets some variables of its own. The redirections come last."""
SECCOMP_FD, NAMESPACE_FD = 3, 4
"""Where bwrap finds its filter and its user namespace."""
FIRST_FD = METER_FD
"""Where a guest finds the first of the files that were opened for it. The shell opens each at a number
that is the same every time, and nothing else is handed on: the host's own numbers would show inside."""
TRIAL = f"""
import os, sys
sys.path[:0] = ["{GUEST_LIBRARY}"]
import godel.sandbox.guest
for entry in os.scandir("{rootfs.PACKAGES}"):
    os.listdir(entry.path) if entry.is_dir() else open(entry.path).close()
print("ok")
"""
TRIAL_TIMEOUT_S = 30.0
_lock = threading.Lock()


@dataclass(frozen=True)
class Launch:
    """One guest to be started: the command in it, its control group, its file system in bwrap's options, and
    the files (at most five) that it finds open from FIRST_FD on. A nursery has `rights` in its own user namespace,
    and its orders come through `stdin`."""

    command: Sequence[str]
    group: Group
    mounts: Sequence[str]
    readable: Sequence[Path] = ()
    rights: bool = False
    stdin: int = subprocess.PIPE

    def command_line(self, namespace: UserNamespace) -> list[str]:
        """A shell's, that becomes bwrap's, that becomes the guest's."""
        opened = {SECCOMP_FD: link(_filter(self.rights)), **dict(enumerate(self.readable, FIRST_FD))}
        if namespace.descriptor is not None:
            opened[NAMESPACE_FD] = link(namespace.descriptor)
        bwrap = shutil.which("bwrap") or "bwrap"
        return [
            *("/bin/sh", "-c", f"{ENTER} {redirections(opened)}", "sh", *self.group.entrances(), "--", bwrap),
            *("--seccomp", str(SECCOMP_FD), *namespace.options(NAMESPACE_FD), *ISOLATION),
            *("--cap-add" if self.rights else "--cap-drop", "ALL"),
            *(word for name, value in ENVIRONMENT.items() for word in ("--setenv", name, value)),
            *(*self.mounts, "--chdir", "/tmp", "--", *self.command),
        ]


def start(launch: Launch, namespace: UserNamespace | None = None) -> subprocess.Popen[bytes]:
    """Start a guest, with three pipes. Raises OSError; then its group is gone."""
    command_line = launch.command_line(namespace or _namespace())
    try:
        with _lock:  # a launcher made twice would be dropped once, and take its guest along
            launcher = _launcher(os.getpid())
        return launcher.submit(popen, command_line, launch.stdin).result()
    except OSError:
        launch.group.remove()
        raise


def popen(command_line: Sequence[str], stdin: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    """In a session of its own, so that Ctrl-C in a terminal reaches us first; without root's further groups,
    in which a guest would be nobody with the rights of, say, group `disk`."""
    groups = () if os.geteuid() == 0 and os.getgroups() else None
    return subprocess.Popen(
        command_line,
        bufsize=0,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={},
        cwd="/",
        extra_groups=groups,
        start_new_session=True,
    )


def redirections(opened: Mapping[int, Path]) -> str:
    """Not every shell knows descriptors of two digits, nor hands on those that `exec` alone has opened."""
    return " ".join(f"{fd}<{shlex.quote(str(file))}" for fd, file in sorted(opened.items()))


def link(descriptor: int) -> Path:
    """Where another process of ours can open what this one has open."""
    return Path(f"/proc/{os.getpid()}/fd/{descriptor}")


@functools.cache
def _filter(rights: bool) -> int:
    """The system call filter, in a file without a name that stays open: each guest opens it anew."""
    filter_fd = os.memfd_create("seccomp")
    os.write(filter_fd, seccomp.program(allowed=seccomp.BIRTH if rights else frozenset()))
    return filter_fd


@functools.cache
def _launcher(pid: int) -> ThreadPoolExecutor:
    """The thread that starts every guest of process `pid`. Linux ends a child that dies with
    its parent when the *thread* that started it ends, so that one must last."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"bubblewrap-{pid}")


def obstacle() -> str | None:
    """Why no guest can be started here, found by starting one; None if one can.

    Only success is remembered: what was missing may be installed while this process lives.
    """
    if not sys.platform.startswith("linux") or not seccomp.supported():
        return f"bubblewrap needs Linux on {' or '.join(seccomp.AUDIT)}; this is {sys.platform} on {platform.machine()}"
    if not shutil.which("bwrap"):
        return f"bubblewrap is not installed: {sudo()}apt-get install bubblewrap"
    try:
        _namespace()
    except TierMissing as missing:
        return str(missing)
    return None


def guests_are_nobody() -> bool:
    """Whether root's guests are somebody else outside. Raises TierMissing where no guest starts."""
    return os.geteuid() == 0 and _namespace() is not userns.OWN


@functools.cache  # of what is returned; an exception is not kept
def _namespace() -> UserNamespace:
    """Where guests start here, found by starting one. Root's guests are nobody, unless nobody may not
    read what a guest needs. Raises TierMissing where none starts."""
    message = ""
    for namespace in namespaces():
        if not (message := trial(namespace)):
            return namespace
    raise TierMissing(f"bubblewrap does not start here ({message}){remedy.remedy(message)}")


def namespaces() -> list[UserNamespace]:
    """Those to try, the safest first. Raises TierMissing when that can't be known now."""
    if os.geteuid() != 0:
        return [userns.OWN]
    try:
        return [userns.as_nobody(), userns.OWN]
    except PermissionError:  # root of a container that has one uid only
        return [userns.OWN]
    except OSError as error:
        raise TierMissing(f"bubblewrap's user namespace could not be made: {error}") from error


def nursery_namespace() -> UserNamespace:
    """Where nurseries start, when guests start in `_namespace()`. Raises OSError."""
    return userns.nursery_as_nobody() if guests_are_nobody() else userns.OWN_NURSERY


def trial(namespace: UserNamespace) -> str:
    """What went wrong when a guest was started in `namespace`; empty if nothing did.
    Raises TierMissing when it takes so long that nothing can be said of `namespace`."""
    command = [rootfs.python(), "-s", "-c", TRIAL]
    try:
        process = start(Launch(command, Group(()), rootfs.options(MiB, gpu=False)), namespace)
    except OSError as error:
        raise TierMissing(f"bubblewrap could not be started: {error}") from error
    try:
        output, log = process.communicate(timeout=TRIAL_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise TierMissing(f"bubblewrap's first guest took more than {TRIAL_TIMEOUT_S:.0f} s: try again") from None
    if output == b"ok\n":
        return ""
    return str((log.decode("utf-8", "replace").strip().splitlines() or [f"exit {process.returncode}"])[-1])
