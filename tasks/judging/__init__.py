"""The judging library: what a task's `judge.py` is written against.

A judge runs in a sandbox of its own. It never sees the text of a program that is run; of one that it is to read (the
manifest's `judged_by = "reading"`) it sees nothing else, and `reading` bounds it. It offers

    def instance(seed: int, preset: Mapping[str, Any]) -> Any        # pure: same arguments, same instance
    def score(instance: Any, candidate: Candidate) -> Verdict

and imports the standard library, numpy, this library and its folder's own files
(relatively: `from .generator import ...`). A candidate is reached by messages alone: JSON
values, with arrays as `pack` makes them.

Standard library only; the helpers (`arrays`, `causality`, `exact`, `reading`, `seeding`) and what runs beside weak
improvers (`improvers`) are imported by those that want them. All of it is in every guest, so no problem and no
reference may stand here: what judges of micro problems share (`godel.tasks.landscapes`) is sent to judges alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

LANDSCAPES = "godel/tasks/landscapes"
"""Where a judge finds what is sent to judges alone."""


class CandidateFailed(Exception):
    """The candidate can't be scored: a result, with its `reason` (crash, cpu, wall, memory,
    flood, garbage, invalid, ...) and a `detail` in words. A judge lets it pass."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


class Invalid(CandidateFailed):
    """The candidate answered, and its answer breaks the task's rules."""

    def __init__(self, detail: str) -> None:
        super().__init__("invalid", detail)


@dataclass(frozen=True)
class Verdict:
    """What a judge found. `value` is in the task's own unit and must be finite;
    `details` are JSON values; `flags` name what a reader of the score should know. `numbers`, by name, are told to a
    scaffold that searches on this instance: what would help to improve the program, and does not give the instance
    away, such as the value of each part or family (the first 32 count)."""

    value: float
    details: Mapping[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)


class Candidate(Protocol):
    """The program under judgement, in another sandbox."""

    recorded: bool
    """Whether the score is to be recorded: then do the expensive integrity checks too."""

    def start(self) -> None:
        """A fresh process with the program loaded; what it knew before is forgotten.
        Raises CandidateFailed."""

    def call(self, request: Any) -> Any:
        """The driver's reply to `request`. Untrusted: any JSON value. Raises CandidateFailed."""
