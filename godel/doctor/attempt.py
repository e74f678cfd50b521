"""One attempt to break one protection, and how its outcome is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from godel.contract import Program
from godel.logs import telling_line
from godel.sandbox import Limits, MiB
from godel.sandbox.channel import Child, ChildEnded, Session
from godel.sandbox.guest.jobs import Ceilings, RunProgram

from .guest_under_test import GuestUnderTest

LIMITS = Limits(
    memory_bytes=256 * MiB, pids=48, tmpfs_bytes=32 * MiB, file_bytes=16 * MiB, log_bytes=64 << 10, open_files=128
)
CHILD_BYTES = 128 * MiB
CHILD_FILE_BYTES = 8 * MiB
INSIDE = ("escape_probes.py", "resource_probes.py")
DRIVER = """
import importlib
def run(program, request):
    module, _, probe = request["probe"].partition(".")
    return getattr(importlib.import_module(module), probe)(**request["arguments"])
"""
LAST_WORD = "the last word"


class Finding(NamedTuple):
    """One attempt. `holds` is None when the tier could not set the protection, or the attempt
    could not be made; `detail` then says why."""

    protection: str
    attempt: str
    holds: bool | None
    detail: str


class Examination(Protocol):
    """Something to be tried. `unset`: how the tiers' `unset()` begins when they can't protect from it."""

    @property
    def attempt(self) -> str: ...

    @property
    def unset(self) -> tuple[str, ...]: ...

    def carry_out(self, guest: GuestUnderTest) -> Finding:
        """Raises SandboxError when no guest can be started."""


@dataclass(frozen=True)
class Attempt:
    """A probe ("module.function") with its arguments, run by a child with these ceilings.

    `ends` names the reasons for which the sandbox may rightly end the child instead of letting the
    probe finish. `first` is a probe that an earlier child of the same guest runs: what it answers
    is the argument `earlier`. `kept_bytes`: at most so much of the child's output may be kept.
    """

    protection: str
    attempt: str
    probe: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    ends: tuple[str, ...] = ()
    first: str | None = None
    kept_bytes: int | None = None
    unset: tuple[str, ...] = ()
    limits: Limits = LIMITS
    cpu_s: float = 10.0
    wall_s: float = 20.0
    memory_bytes: int = CHILD_BYTES
    file_bytes: int | None = None

    def carry_out(self, guest: GuestUnderTest) -> Finding:
        session = guest.session(self.limits)
        try:
            holds, detail = self._verdict(session)
        except ChildEnded as ended:
            holds, detail = ended.exit.reason in self.ends, f"ended: {ended.exit.reason} {telling_line(ended.exit.log)}"
        return Finding(self.protection, self.attempt, holds if holds is None else bool(holds), str(detail)[:200])

    def _verdict(self, session: Session) -> tuple[bool | None, str]:
        arguments = dict(self.arguments)
        if self.first:
            child = self._child(session)
            arguments["earlier"] = ask(child, self.first, arguments)
            child.kill()
        child = self._child(session)
        holds, detail = ask(child, self.probe, arguments)
        log = child.kill().log
        return (holds, detail) if self.kept_bytes is None else tail_kept(log, self.kept_bytes)

    def _child(self, session: Session) -> Child:
        files = {name: (Path(__file__).parent / name).read_text() for name in INSIDE}
        ceilings = Ceilings(self.cpu_s, self.wall_s, self.memory_bytes, self.file_bytes)
        child = session.spawn(RunProgram(Program(files, INSIDE[0]), DRIVER), ceilings)
        child.receive()
        return child


def ask(child: Child, probe: str, arguments: Mapping[str, Any]) -> Any:
    child.send({"probe": probe, "arguments": arguments})
    return child.receive()


def tail_kept(log: str, most: int) -> tuple[bool, str]:
    """An empty log would be within any bound: the end of the flood must be there."""
    there = log.rstrip().endswith(LAST_WORD)
    return there and len(log.encode()) <= most, f"{len(log)} bytes kept, its end {'' if there else 'not '}among them"
