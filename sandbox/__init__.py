"""The sandbox: one small interface, two real implementations (Docker and bubblewrap).

Untrusted code runs only behind this door. A tier starts guests; a guest is one
isolated process tree that runs `guest/zygote.py` and speaks over one pipe.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

MiB = 1 << 20
GUEST_LIBRARY = "/opt/godel/lib"
"""Where every tier puts the slim `godel` tree (guest programs, judging library)."""

ZYGOTE = f"{GUEST_LIBRARY}/godel/sandbox/guest/zygote.py"


class SandboxError(Exception):
    """Our failure, never the candidate's: retried, and never scored as zero."""


class SandboxLost(SandboxError):
    """The engine behind a tier stopped answering (daemon gone, disk full), or somebody outside ended a guest."""


class Starved(SandboxLost):
    """The machine was too busy: what ran says nothing of the program that was to be judged."""


class TierMissing(SandboxError):
    """A tier can't run on this machine; the text says what would make it run."""


@dataclass(frozen=True)
class Limits:
    """What one guest may use, all of its children together."""

    memory_bytes: int = 1024 * MiB
    cpus: float = 1.0
    pids: int = 64
    open_files: int = 256
    file_bytes: int = 64 * MiB
    tmpfs_bytes: int = 64 * MiB
    log_bytes: int = 1 * MiB


@dataclass(frozen=True)
class Spec:
    """What to start. `role` is a label: "scaffold", "candidate" or "judge".

    `preload` names the modules that the zygote imports before it forks.
    `isolate_children` asks for a uid of its own for each forked child; a tier
    that can't grant it says so in `Tier.unset()`.
    """

    role: str
    preload: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    isolate_children: bool = True
    gpu: bool = False


KILLED = "killed"
KILLED_OUTSIDE = "killed from outside"
"""By a signal that nothing inside a guest can send its first process: an operator's, an engine's, the kernel's."""
OUT_OF_MEMORY = "out of memory"
OUTSIDE_SIGNALS = frozenset({signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGKILL, signal.SIGTERM})


class Guest(Protocol):
    """A started sandbox: its pipe, its log, its end."""

    name: str

    def send(self, data: bytes) -> None:
        """Write all of `data`. Raises ConnectionError when the guest has ended, TimeoutError when it does not read."""

    def receive(self, timeout_s: float) -> bytes:
        """Some bytes, or b"" once the guest has ended. Raises TimeoutError."""

    def log(self) -> str:
        """What the guest wrote to stderr, cut to `Limits.log_bytes`."""

    def kill(self) -> None:
        """End the guest and everything in it. Idempotent; never raises for a dead guest."""

    def death(self) -> str:
        """Why an ended guest ended: KILLED (by us), KILLED_OUTSIDE, OUT_OF_MEMORY, "exit 1". Raises
        SandboxLost when the engine can't tell because it is gone itself."""

    def oom_kills(self) -> int:
        """How many of its processes its memory limit has ended; 0 where the zygote itself sees the count."""

    def paused(self) -> bool:
        """Whether somebody outside has stopped it (SIGSTOP, the engine's pause)."""


class Tier(Protocol):
    """One way to isolate. `name` is "docker" or "bubblewrap"."""

    name: str

    def missing(self) -> str | None:
        """Why this tier can't be used here, with the command that mends it; None if it can."""

    def prepare(self, report: Callable[[str], None]) -> None:
        """Make ready what `start` needs (build the image). Raises SandboxError."""

    def identity(self) -> str:
        """What ran: the image's digest, or a hash over interpreter, packages and guest code."""

    def unset(self) -> tuple[str, ...]:
        """The protections and limits this tier could not set on this machine."""

    def start(self, spec: Spec) -> Guest:
        """Start a guest. Raises TierMissing or SandboxLost."""

    def reap(self) -> int:
        """Remove what killed runs left behind; how many guests that were."""


TIERS = {
    "docker": "godel.sandbox.docker_tier:DockerTier",
    "bubblewrap": "godel.sandbox.bubblewrap:BubblewrapTier",
}
"""Strongest first: the order in which a tier is chosen."""
