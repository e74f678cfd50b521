"""The embedded tier: bubblewrap, where there is no container engine.

Everything is unshared, nothing of the host is there but what `rootfs` names, and no
environment is inherited, not by bwrap either (a guest can read its /proc/1/environ).
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import itertools
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from . import ZYGOTE, Guest, Limits, SandboxLost, Spec, TierMissing, cgroups, rootfs, seccomp
from .hardening import ENVIRONMENT, NOBODY
from .process import ProcessGuest

ISOLATION = (
    "--unshare-all", "--unshare-user", "--disable-userns", "--new-session", "--die-with-parent", "--as-pid-1",
    "--uid", str(NOBODY), "--gid", str(NOBODY), "--cap-drop", "ALL", "--hostname", "guest", "--clearenv",
)  # fmt: skip
ENTER = 'while [ "$1" != -- ]; do echo $$ > "$1" || exit 125; shift; done; shift; exec /usr/bin/env -i "$@"'
"""A shell's words: enter the control groups named before `--`, then become what follows,
with no environment: a shell sets some variables of its own."""
TRIAL_TIMEOUT_S = 30.0
_serial = itertools.count()


class BubblewrapTier:
    """Needs Linux, `bwrap` 0.8 or newer, and user namespaces for whoever runs it."""

    name = "bubblewrap"

    def missing(self) -> str | None:
        return _missing()

    def prepare(self, report: Callable[[str], None]) -> None:
        if missing := self.missing():
            raise TierMissing(missing)
        report("bubblewrap is ready")

    def identity(self) -> str:
        return _identity()

    def unset(self) -> tuple[str, ...]:
        controlled = cgroups.controlled()
        absent = ["a uid of its own for each child"]
        if "memory" not in controlled:
            absent.append("memory of a guest as a whole (each process has a limit of its own)")
        if "pids" not in controlled and os.geteuid() == 0:
            absent.append("number of processes (the kernel exempts root's)")
        if "cpu" not in controlled:
            absent.append("share of the cpus")
        return tuple(absent)

    def start(self, spec: Spec) -> Guest:
        if missing := self.missing():
            raise TierMissing(missing)
        name = f"godel-{spec.role}-{os.getpid()}-{next(_serial)}"
        command = [rootfs.python(), "-s", ZYGOTE, json.dumps(configuration(spec))]
        try:
            group = cgroups.create(spec.limits)
            process = launch(arguments(spec.limits, spec.gpu, command), group)
        except OSError as error:
            raise SandboxLost(f"bubblewrap could not be started: {error}") from error
        return ProcessGuest(name, process, group, spec.limits.log_bytes)

    def reap(self) -> int:
        """Guests end with the process that started them: only their groups can be left."""
        return cgroups.reap()


def configuration(spec: Spec) -> dict[str, Any]:
    """The zygote's: what it imports from where, and the limits that it sets for itself."""
    limits, controlled = spec.limits, cgroups.controlled()
    rlimits = {"core": 0, "nofile": limits.open_files, "fsize": limits.file_bytes}
    if "pids" not in controlled:
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


def arguments(limits: Limits, gpu: bool, command: Sequence[str]) -> list[str]:
    """bwrap's command line, but for the seccomp filter's descriptor."""
    environment = (word for name, value in ENVIRONMENT.items() for word in ("--setenv", name, value))
    return [*ISOLATION, *environment, *rootfs.options(limits.tmpfs_bytes, gpu), "--chdir", "/tmp", "--", *command]


def launch(words: Sequence[str], group: cgroups.Group) -> subprocess.Popen[bytes]:
    """Start bwrap with an empty environment, in `group`. Raises OSError; then the group is gone."""
    filter_fd, write_fd = os.pipe()
    try:
        os.write(write_fd, seccomp.program())
        os.close(write_fd)
        command = ["/bin/sh", "-c", ENTER, "sh", *group.entrances(), "--",
                   str(shutil.which("bwrap")), "--seccomp", str(filter_fd), *words]  # fmt: skip
        return _launcher(os.getpid()).submit(popen, command, filter_fd).result()
    except OSError:
        group.remove()
        raise
    finally:
        os.close(filter_fd)


def popen(command: Sequence[str], filter_fd: int) -> subprocess.Popen[bytes]:
    """In a session of its own, so that Ctrl-C in a terminal reaches us first."""
    return subprocess.Popen(
        command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={}, cwd="/", pass_fds=(filter_fd,), start_new_session=True,
    )  # fmt: skip


@functools.cache
def _launcher(pid: int) -> ThreadPoolExecutor:
    """The thread that starts every guest of process `pid`. Linux ends a child that dies with
    its parent when the *thread* that started it ends, so that one must last."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"bubblewrap-{pid}")


@functools.cache
def _missing() -> str | None:
    if not sys.platform.startswith("linux") or not seccomp.supported():
        return f"bubblewrap needs Linux on {' or '.join(seccomp.AUDIT)}; this is {sys.platform} on {platform.machine()}"
    if not shutil.which("bwrap"):
        return "bubblewrap is not installed: apt-get install bubblewrap"
    group = cgroups.Group(())
    trial = launch(arguments(Limits(), False, [rootfs.python(), "-s", "-c", "print('ok')"]), group)
    try:
        output, error = trial.communicate(timeout=TRIAL_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        trial.kill()
        output, error = trial.communicate()
    if output == b"ok\n":
        return None
    said = error.decode("utf-8", "replace").strip().splitlines() or [f"exit {trial.returncode}"]
    return f"bubblewrap does not start here ({said[-1]}){remedy()}"


def remedy() -> str:
    """The kernel setting that forbids user namespaces, if one is seen to."""
    forbidding = {
        "kernel.unprivileged_userns_clone": ("0", "1"),
        "kernel.apparmor_restrict_unprivileged_userns": ("1", "0"),
        "user.max_user_namespaces": ("0", "15000"),
    }
    for name, (bad, good) in forbidding.items():
        file = Path("/proc/sys", name.replace(".", "/"))
        if file.exists() and file.read_text().strip() == bad:
            return f": sysctl -w {name}={good}"
    return "; inside a container it needs the right to make namespaces"


@functools.cache
def _identity() -> str:
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
