"""The lineage's front door: the records that one run consists of.

A scaffold is a node, named by the hash of its source tree. A generation is an edge: one
parent, one self-edit, one scored child. Evaluations hang on nodes. `store.py` keeps all
of it in one SQLite file; graph, statistics, credit and views are derived from that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple


class Split(StrEnum):
    """Which instances: learnt from, reported by selection, or opened once at the end."""

    SEARCH = "search"
    HELD_OUT = "held-out"
    SEALED = "sealed"


class Status(StrEnum):
    """What became of a generation."""

    SEED = "seed"  # generation 0: the scaffold that the run started from
    ACCEPTED = "accepted"
    REJECTED = "rejected"  # scored in full, not better
    HOPELESS = "hopeless"  # scoring stopped early
    REFUSED = "refused"  # by a rung of the gate
    FAILED = "failed"  # its parent's improve gave no child


class Edit(NamedTuple):
    """One operator of a self-edit, as the scaffold that made it reported it."""

    operator: str
    target: str
    before: str
    after: str


class Tree(NamedTuple):
    """A scaffold's source, whole."""

    files: Mapping[str, str]
    entry: str


@dataclass(frozen=True)
class Spend:
    """What something cost. Seconds of CPU, GPU and wall clock; US dollars."""

    evaluations: int = 0
    model_calls: int = 0
    tokens: int = 0
    dollars: float = 0.0
    cpu_s: float = 0.0
    gpu_s: float = 0.0
    wall_s: float = 0.0

    def __add__(self, other: Spend) -> Spend:
        return Spend(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))


class Judged(NamedTuple):
    """A draft that a scaffold judged itself: what it said, and what it scored, which the scaffold never saw."""

    said: float
    score: float


@dataclass(frozen=True)
class Evaluation:
    """One scaffold let loose on one task with one seed, and what its product scored.

    `score` is normalised (0 the task's initial program, 1 its reference; floor -1, which
    is also what a failure counts as); `value` is in the task's own unit, None on failure.
    Two evaluations of different trees with the same (task, split, seed) are a pair.
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


@dataclass(frozen=True)
class Generation:
    """One parent, one self-edit, one child. `child` is None when there was none."""

    index: int
    parent: str | None  # None for the seed only
    child: str | None
    proposer: str | None  # the tree whose improve made the edit: the parent, unless frozen
    status: Status
    reason: str = ""  # in words: why it was refused, rejected, failed
    rung: str = ""  # of the gate, when refused
    edits: tuple[Edit, ...] = ()
    seed: int = 0  # of the improve call that made the child
    spend: Spend = field(default_factory=Spend)
    gain: float | None = None  # mean paired difference child - parent on the search split
    gain_low: float | None = None  # its confidence interval, as acceptance saw it
    gain_high: float | None = None
    model: str = ""  # that the proposer asked where it did not say which
    shape: str = ""  # the child's normalised hash, by which its like is known: no reader has to parse its source


@dataclass(frozen=True)
class Baseline:
    """What a task's initial and reference program measure on one instance, in its own unit."""

    task_version: str
    seed: int
    start: float
    reference: float


@dataclass(frozen=True)
class ModelCall:
    """One reply of a language model. The same request may have several, in order."""

    request: str  # hash of the request as it was sent, which is a blob
    reply: Any  # JSON values: a list of replies, or why the request was refused
    tokens: int = 0
    dollars: float = 0.0
    model: str = ""
    place: str = ""  # where in the run it was asked; that and the request make the call
    latency_s: float = 0.0


@dataclass(frozen=True)
class Event:
    """One link of the append-only chain. `manifest` holds the digests of all that was
    recorded with it, by table; `hash` covers everything here and `previous`."""

    seq: int
    at: float  # Unix time, seconds
    kind: str
    body: Mapping[str, Any]
    manifest: Mapping[str, Any]
    previous: str
    hash: str
