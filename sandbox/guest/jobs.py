"""What a zygote is told, and what it tells: a job for a child, that the guest is ready, how a child ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from godel.contract import Context, Program


@dataclass(frozen=True)
class ZygoteSettings:
    """What a zygote is started with. `preload`: the modules that it imports; `path`: folders in which it finds them
    too; `sweep`: whether all that a child leaves is ended and removed; `uid_base`: from here on each child has a uid
    of its own, None: the zygote's; `rlimits`: by name ("nofile"), ceilings of the zygote and its children;
    `cpu_fd`: where it finds the file open in which its control group counts CPU time."""

    preload: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    sweep: bool = False
    uid_base: int | None = None
    rlimits: Mapping[str, int] = field(default_factory=dict)
    cpu_fd: int | None = None

    def to_json(self) -> dict[str, object]:
        return dict(vars(self))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `to_json` made."""
        return cls(**{**data, "preload": tuple(data["preload"]), "path": tuple(data["path"])})


@dataclass(frozen=True)
class NurserySettings(ZygoteSettings):
    """What a nursery is started with: as a zygote, and `uid`: who it is, in its own user namespace; `seccomp`: the
    filter of its guests, in base64."""

    uid: int = 0
    seccomp: str = ""


@dataclass(frozen=True)
class NurseryReady:
    """A nursery has done its imports, and has so many `threads`: locks that others than one hold would stay
    locked in all that it forks."""

    threads: int

    def to_json(self) -> dict[str, object]:
        return dict(vars(self))

    @staticmethod
    def from_json(data: Any) -> NurseryReady:
        return NurseryReady(**data)


class Work(Protocol):
    """What a child does: a function of a guest's module ("module:function"), and what it is called with, as JSON."""

    @property
    def entry(self) -> str: ...

    def to_json(self) -> object: ...


@dataclass(frozen=True)
class Ceilings:
    """What one child may use; None: as much as its guest may. CPU and wall-clock in seconds. The wall clock counts
    only seconds in which the child could run: it stands still while the child waits for the host, and while a busy
    machine keeps it waiting for a processor. That of a `timed` one counts all, and where it had to wait too long for
    that, it is starved."""

    cpu_s: float | None = None
    wall_s: float | None = None
    memory_bytes: int | None = None
    file_bytes: int | None = None
    timed: bool = False


@dataclass(frozen=True)
class Job:
    """Some work, as a zygote receives it, with its ceilings."""

    entry: str
    payload: object
    ceilings: Ceilings

    @staticmethod
    def of(work: Work, ceilings: Ceilings) -> Job:
        return Job(work.entry, work.to_json(), ceilings)

    def to_json(self) -> dict[str, object]:
        return {"entry": self.entry, "payload": self.payload, **vars(self.ceilings)}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Job:
        """What `to_json` made: only the host sends jobs."""
        ceilings = dict(data)
        return Job(ceilings.pop("entry"), ceilings.pop("payload"), Ceilings(**ceilings))


@dataclass(frozen=True)
class RunProgram:
    """Run a task's program; `driver` is the source of the task's `driver.py`, which calls it."""

    program: Program
    driver: str
    entry = "godel.sandbox.guest.candidate:main"

    def to_json(self) -> dict[str, object]:
        return {"program": {**self.program.to_json(), "edits": []}, "driver": self.driver}

    @staticmethod
    def from_json(data: Any) -> RunProgram:
        return RunProgram(Program.from_json(data["program"]), data["driver"])


@dataclass(frozen=True)
class ImportScaffold:
    """Import all of a scaffold, and no more."""

    scaffold: Program
    entry = "godel.sandbox.guest.scaffold:imports"

    def to_json(self) -> dict[str, object]:
        return {"scaffold": {**self.scaffold.to_json(), "edits": []}}

    @staticmethod
    def from_json(data: Any) -> ImportScaffold:
        return ImportScaffold(Program.from_json(data["scaffold"]))


@dataclass(frozen=True)
class RunImprove:
    """Run a scaffold's `improve` on `program`. `description` and `budget` are the utility's, `models` are the run's,
    first choice first, `calls` how many calls they may get, `seed` that of the scaffold's randomness, `context` what it
    may know of its record (None: nothing is known)."""

    scaffold: Program
    program: Program
    description: str
    budget: int
    models: tuple[str, ...]
    calls: int
    seed: int
    context: Context | None = None
    entry = "godel.sandbox.guest.scaffold:main"

    def to_json(self) -> dict[str, object]:
        program = {**self.program.to_json(), "edits": [], "deleted": sorted(self.program.deleted)}
        plain = {"scaffold": self.scaffold.to_json(), "program": program, "models": list(self.models)}
        return vars(self) | plain | {"context": self.context and _context_json(self.context)}

    @staticmethod
    def from_json(data: Any) -> RunImprove:
        scaffold, program = Program.from_json(data["scaffold"]), Program.from_json(data["program"])
        context = data["context"] and _context(data["context"])
        whole = {"scaffold": scaffold, "program": program, "models": tuple(data["models"]), "context": context}
        return RunImprove(**{**data, **whole})


def _context_json(context: Context) -> dict[str, object]:
    return {**context.to_json(), "others": [{**each.to_json(), "edits": []} for each in context.others]}


def _context(data: Mapping[str, Any]) -> Context:
    return Context.from_json(data, tuple(map(Program.from_json, data["others"])))


@dataclass(frozen=True)
class ServeJudges:
    """Load tasks' judges, and ask them."""

    entry = "godel.tasks.judging.serve:main"

    def to_json(self) -> None:
        return None


@dataclass(frozen=True)
class Ready:
    """The zygote has done its imports. `python`: its version."""

    python: str
    pid: int

    def to_json(self) -> dict[str, object]:
        return {"ready": vars(self)}

    @staticmethod
    def from_json(data: Any) -> Ready:
        """Raises ValueError for anything else: a guest that did not start may have said it."""
        try:
            return Ready(**data["ready"])
        except (TypeError, KeyError) as error:
            raise ValueError(f"not ready: {error!r}") from None


UNEXPLAINED = frozenset({"lost", "stalled"})
"""Reasons of an end of which nobody can tell who brought it about."""


@dataclass(frozen=True)
class Exit:
    """How a child ended. `reason`: exit, crash, memory, cpu, wall, flood, out of turn,
    garbage, closed (it hung up and stayed), killed (by us); or, for no reason that shows:
    lost (a SIGKILL that no memory limit explains, or its guest ended) and stalled (no answer in time).
    One that says nothing of the child, starved (the machine was too busy to let it run), raises `Starved`
    on the host instead. `waited_s`: seconds in which it was kept from running; None where the kernel does not say."""

    reason: str
    status: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0
    waited_s: float | None = 0.0
    stopped: bool = False  # by a signal, when its time ran out
    max_rss_bytes: int = 0
    log: str = ""

    @property
    def unexplained(self) -> bool:
        """Whether the program may have brought this end about, or somebody else by a signal to it. Whoever gets
        such an end tries the same program again in a fresh guest: twice is its own doing. Where the cause is
        outside for certain, `SandboxLost` is raised instead."""
        return self.reason in UNEXPLAINED or self.stopped or (self.reason == "crash" and self.status < 0)

    def to_json(self) -> dict[str, object]:
        return {"exit": vars(self)}

    @staticmethod
    def from_json(data: Any) -> Exit:
        """What a zygote sends."""
        return Exit(**data["exit"])
