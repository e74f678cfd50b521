"""What can happen to a run: one small class a kind, and the links of the chain that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from .evaluation import Evaluation
from .ruling import Verdict
from .step import Outcome
from .trial import Split


@dataclass(frozen=True)
class Created:
    """The run's configuration as it began: it never changes."""

    config: Mapping[str, Any]


@dataclass(frozen=True)
class SeedChosen:
    program: str  # its hash


@dataclass(frozen=True)
class TasksFixed:
    """By name, the hash of the blob that holds the whole task."""

    tasks: Mapping[str, str]


@dataclass(frozen=True)
class Started:
    """A session began, under these settings. `local`, `mark`: see `godel.local`."""

    generations: int
    workers: int
    budget: Mapping[str, Any]
    sandbox: str
    local: Mapping[str, Any] = field(default_factory=dict)
    mark: str = ""


@dataclass(frozen=True)
class Stopped:
    """A session ended early."""

    reason: str


@dataclass(frozen=True)
class Finished:
    """A session ended with the last generation that it was to make."""


@dataclass(frozen=True)
class BlobStored:
    """Bytes that belong to no record."""


@dataclass(frozen=True)
class BaselineMeasured:
    pass


@dataclass(frozen=True)
class ModelAnswered:
    pass


@dataclass(frozen=True)
class TrialScored:
    """One trial of a generation that is recorded when all of them are there. `transcript`: the hash of its blob."""

    transcript: str


@dataclass(frozen=True)
class GenerationRecorded:
    index: int
    parents: tuple[str, ...]
    child: str | None
    outcome: Outcome


@dataclass(frozen=True)
class Ruled:
    """Somebody ruled on a child that was recorded before."""

    generation: int
    verdict: Verdict
    by: str


@dataclass(frozen=True)
class ReportBegun:
    """Scaffolds are to be scored on these trials (task, seed) of a split."""

    split: Split
    trials: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Reported:
    """Scores outside of a generation: `why` says of which report."""

    why: str


@dataclass(frozen=True)
class SealOpened:
    """The sealed split, once in the life of a run, for these scaffolds."""

    programs: tuple[str, ...]


class Target(NamedTuple):
    """A task that scaffolds are measured on: its name, its version, and the hash of the blob that holds it whole."""

    name: str
    version: str
    task: str


@dataclass(frozen=True)
class MeasuringBegun:
    """imp@k is to be measured: of these scaffolds (by hash, what each is called), with so many utility `calls` on every
    target, on the instances 0 … `pairs` - 1 of its held-out split."""

    calls: int
    pairs: int
    targets: tuple[Target, ...]
    scaffolds: Mapping[str, str]


@dataclass(frozen=True)
class Measured:
    """One scaffold, frozen, was put to work on one instance of a target with so many utility `calls`. The initial
    program scores 0 on every instance, so the score is the gain."""

    calls: int
    evaluation: Evaluation


class Separation(StrEnum):
    """How a self-edit is set apart from the others."""

    KNOCK_OUT = "knock-out"  # taken back in a descendant
    TRANSPLANT = "transplant"  # put into the seed, alone or after another


@dataclass(frozen=True)
class Separated:
    """Self-edits were taken back in the scaffold `within`, or put into it. `edits`: the generations that made them;
    `tree`: what came of it. Where that is nothing, or was refused by the gate, `problem` says why."""

    kind: Separation
    edits: tuple[int, ...]
    within: str
    tree: str | None
    problem: str = ""


Happening = (
    Created
    | SeedChosen
    | TasksFixed
    | Started
    | Stopped
    | Finished
    | BlobStored
    | BaselineMeasured
    | ModelAnswered
    | TrialScored
    | GenerationRecorded
    | Ruled
    | ReportBegun
    | Reported
    | SealOpened
    | MeasuringBegun
    | Measured
    | Separated
)

KINDS: Mapping[str, type[Happening]] = {
    "created": Created,
    "seed": SeedChosen,
    "tasks": TasksFixed,
    "started": Started,
    "stopped": Stopped,
    "finished": Finished,
    "blob": BlobStored,
    "baseline": BaselineMeasured,
    "model call": ModelAnswered,
    "trial": TrialScored,
    "generation": GenerationRecorded,
    "ruling": Ruled,
    "report": ReportBegun,
    "evaluations": Reported,
    "sealed split opened": SealOpened,
    "measuring begun": MeasuringBegun,
    "measured": Measured,
    "separated": Separated,
}
"""How each is called in a run's file."""

NAMES: Mapping[type[Happening], str] = {kind: name for name, kind in KINDS.items()}


@dataclass(frozen=True)
class Event:
    """One link of the append-only chain. `manifest` holds the digests of all that was
    recorded with it, by table; `hash` covers everything here and `previous`."""

    seq: int
    at: float  # Unix time, seconds
    what: Happening
    manifest: Mapping[str, Any]
    previous: str
    hash: str

    @property
    def kind(self) -> str:
        return NAMES[type(self.what)]
