"""What a container is denied, as the engine's API spells it (POST /containers/create)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .. import ZYGOTE, Spec
from ..environment import ENVIRONMENT
from ..guest.jobs import ZygoteSettings
from ..guest.kernel import NOBODY

UID_BASE = 20000
"""Children of a zygote get uids from here on, each its own."""
ZYGOTE_CAPABILITIES = ("SETUID", "SETGID", "KILL")
"""What giving each child a uid of its own, and ending it, needs; nothing else is kept."""
TMPFS_INODES = 16384
PODMAN_PROCESSES = 4096
"""Left to itself Podman sets RLIMIT_NPROC to more than a container without capabilities may. `pids` is the limit."""

PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy")

NO_SHARED_OBJECTS = {
    "kernel.shmmni": "0",
    "kernel.msgmni": "0",
    "kernel.sem": "0 0 0 0",
    "fs.mqueue.queues_max": "0",
}
"""System V and POSIX queues outlive the process that made them: one candidate could leave the next a note."""


def container(
    spec: Spec, image: str, image_environment: Iterable[str], labels: Mapping[str, str], host: Mapping[str, Any]
) -> dict[str, Any]:
    """The container's whole configuration. `host`: its HostConfig."""
    return {
        "Image": image,
        "Entrypoint": ["python3", ZYGOTE, json.dumps(zygote_settings(spec).to_json())],
        "Cmd": [],
        "User": "0:0" if spec.isolate_children else f"{NOBODY}:{NOBODY}",
        "Env": environment(image_environment),
        "Hostname": "guest",
        "WorkingDir": "/tmp",
        "Labels": dict(labels),
        "OpenStdin": True,
        "StdinOnce": True,  # when we are gone its stdin closes, and the zygote ends by itself
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "NetworkDisabled": True,  # with NetworkMode none: the same empty namespace, but made 120 ms faster
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": dict(host),
    }


def zygote_settings(spec: Spec) -> ZygoteSettings:
    return ZygoteSettings(spec.preload, sweep=True, uid_base=UID_BASE if spec.isolate_children else None)


def environment(image_environment: Iterable[str]) -> list[str]:
    """Ours, and the image's PATH. A name without "=" takes the variable away, whether the image or
    the daemon's configuration brought it."""
    inherited = {entry.partition("=")[0] for entry in image_environment} - {"PATH"}
    blanked = inherited | set(PROXIES) | {name.upper() for name in PROXIES}
    return [f"{name}={value}" for name, value in ENVIRONMENT.items()] + sorted(blanked - set(ENVIRONMENT))


def host_config(spec: Spec, engine: Mapping[str, Any], runtime: str = "") -> dict[str, Any]:
    """Every protection and limit. `engine`: what GET /info says.

    Where the children have the zygote's uid, the zygote itself is pid 1: an init of that uid could be
    traced by them, and its descriptors (the host's pipe) opened. The zygote guards its own.
    """
    return {
        "NetworkMode": "none",
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "CapAdd": list(ZYGOTE_CAPABILITIES) if spec.isolate_children else [],
        "SecurityOpt": ["no-new-privileges"],  # and the default seccomp profile, which is not named
        "IpcMode": "private",
        "CgroupnsMode": "private",
        "Init": spec.isolate_children,
        "RestartPolicy": {"Name": "no"},
        "OomScoreAdj": 500,
        "LogConfig": {"Type": "none", "Config": {}},
        "Sysctls": {} if rootless(engine) else NO_SHARED_OBJECTS,
        "DeviceRequests": [{"Count": 1, "Capabilities": [["gpu"]]}] if spec.gpu else [],
        **limits(spec, engine),
        **({"Runtime": runtime} if runtime else {}),
    }


def limits(spec: Spec, engine: Mapping[str, Any]) -> dict[str, Any]:
    """`Spec.limits`, with no more cpus than the engine has: it refuses to start such a container."""
    limit = spec.limits
    ulimits = {"nofile": limit.open_files, "fsize": limit.file_bytes, "core": 0, "msgqueue": 0}
    if podman(engine):
        ulimits["nproc"] = PODMAN_PROCESSES
    return {
        "Memory": limit.memory_bytes,
        "MemorySwap": limit.memory_bytes,
        "NanoCpus": int(1e9 * min(limit.cpus, engine.get("NCPU") or limit.cpus)),
        "PidsLimit": limit.pids,
        "Ulimits": [{"Name": name, "Soft": value, "Hard": value} for name, value in ulimits.items()],
        "Tmpfs": {"/tmp": f"rw,nosuid,nodev,noexec,mode=1777,size={limit.tmpfs_bytes}{inodes(engine)}"},
        "ShmSize": limit.tmpfs_bytes,
    }


def inodes(engine: Mapping[str, Any]) -> str:
    """Podman knows no such option of a tmpfs."""
    return "" if podman(engine) else f",nr_inodes={TMPFS_INODES}"


def podman(engine: Mapping[str, Any]) -> bool:
    """Whether it is Podman that answers as if it were Docker."""
    return "BuildahVersion" in engine


def rootless(engine: Mapping[str, Any]) -> bool:
    return any("rootless" in option for option in engine.get("SecurityOptions") or ())


def unset(engine: Mapping[str, Any]) -> tuple[str, ...]:
    """Which of these the engine can't apply, going by what it says of itself."""
    needs = {
        "MemoryLimit": "memory limit",
        "SwapLimit": "swap limit",
        "CpuCfsQuota": "cpu limit",
        "PidsLimit": "process limit",
    }
    gaps = [text for key, text in needs.items() if not engine.get(key)]
    if not any("seccomp" in option for option in engine.get("SecurityOptions") or ()):
        gaps.append("seccomp filter")
    if rootless(engine):
        gaps.append("no System V queues and shared memory")
    if podman(engine):
        gaps.append("number of files in the scratch folders")
    return tuple(gaps)
