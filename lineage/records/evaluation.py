"""What a scaffold's product scored, and what 0 and 1 mean there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .spend import Spend
from .trial import Split, Trial


class Judged(NamedTuple):
    """A draft that a scaffold judged itself: what it claimed, and what it scored, which the scaffold never saw."""

    claimed: float
    score: float


@dataclass(frozen=True)
class Evaluation:
    """One scaffold let loose on one task with one seed, and what its product scored.

    `score` is normalised (0 the task's initial program, 1 its reference; floor -1, which
    is also what a failure counts as); `value` is in the task's own unit, None on failure.
    Two evaluations of different scaffolds on the same trial are a pair.
    """

    tree: str
    task: str
    task_version: str
    split: Split
    seed: int
    score: float
    value: float | None
    failure: str | None
    program: str  # hash of the program that improve returned; its text is a blob
    spend: Spend = field(default_factory=Spend)
    limits: Mapping[str, Any] = field(default_factory=dict)
    tier: str = ""
    image: str = ""
    flags: tuple[str, ...] = ()  # what the judge or the sandbox noticed
    judged: tuple[Judged, ...] = ()  # by the scaffold's own model, where it has no score to see

    @property
    def trial(self) -> Trial:
        return Trial(self.task, self.split, self.seed)


@dataclass(frozen=True)
class Baseline:
    """What a task's initial and reference program measure on one instance, in its own unit."""

    task_version: str
    seed: int
    start: float
    reference: float
