"""The sandbox: one interface, two real implementations (`docker/` and `bubblewrap/`).

Untrusted code runs only behind this door. A tier starts guests; a guest is one
isolated process tree that runs `guest/zygote.py` and speaks over one pipe. Whoever uses a
tier asks it for nothing but what is here.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

MiB = 1 << 20
START_TIMEOUT_S = 600.0
"""How long a guest's imports may take on the busiest machine. Nothing untrusted runs by then, and an end is seen
at once: this is for what hangs, and the log says where (`guest/imports.py`)."""
GUEST_LIBRARY = "/opt/godel/lib"
"""Where every tier puts the slim `godel` tree (guest programs, judging library)."""

ZYGOTE = f"{GUEST_LIBRARY}/godel/sandbox/guest/zygote.py"


class SandboxError(Exception):
    """Our failure, never the candidate's: retried, and never scored as zero."""


class SandboxLost(SandboxError):
    """The engine behind a tier stopped answering (daemon gone, disk full), or somebody outside ended a guest."""


class EngineRefused(SandboxLost):
    """The engine behind a tier answered, and refused. `status` is the HTTP status of its answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status

    def __reduce__(self) -> tuple[type[EngineRefused], tuple[int, str]]:
        return EngineRefused, (self.status, str(self))  # from process to process


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


class Image(NamedTuple):
    """Something that a tier has built for its guests. `kind`: guest, packages (a cached build stage) or base."""

    id: str
    kind: str
    tags: tuple[str, ...]
    size_bytes: int
    created: int  # seconds since the epoch


class Tier(Protocol):
    """One way to isolate: all that the rest of the program asks of one. It is made with its own options by name
    (see `choose.make`), and holds nothing of the machine any more once it is closed."""

    name: str

    def forks(self) -> bool:
        """Whether a guest costs no more than a fork here: then nothing untrusted shares one with anything else."""

    def missing(self) -> str | None:
        """Why this tier can't be used here, with the command that mends it; None if it can."""

    def prepare(self, report: Callable[[str], None]) -> None:
        """Make ready what `start` needs (build the image). Raises SandboxError."""

    def identity(self) -> str:
        """What ran: the image's digest, or a hash over interpreter, packages and guest code."""

    def unset(self) -> tuple[str, ...]:
        """The protections and limits this tier could not set on this machine."""

    def modules(self) -> frozenset[str]:
        """The top-level modules that a guest can import, the standard library apart (see `packages`)."""

    def start(self, spec: Spec) -> Guest:
        """Start a guest. Raises TierMissing, or SandboxLost, also when the tier is closed."""

    def reap(self) -> int:
        """Remove what killed runs left behind; how many guests that were."""

    def images(self) -> list[Image]:
        """What was built for its guests, the newest first; nothing where guests run from this machine's files."""

    def remove(self, what: Image) -> bool:
        """Remove it; whether it was there. Raises SandboxError if a running guest holds it."""

    def close(self) -> None:
        """Finish what is under way for guests that were killed, and let go of the engine. Its guests are to be
        killed before."""


TIERS = {
    "docker": "godel.sandbox.docker:DockerTier",
    "bubblewrap": "godel.sandbox.bubblewrap:BubblewrapTier",
}
"""Strongest first: the order in which a tier is chosen."""
