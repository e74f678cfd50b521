"""One step of evolution: its parents, its self-edit, its child, and what became of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from godel.contract import Edit

from .ruling import Evidence, Ruling, Verdict
from .spend import Spend


class Outcome(StrEnum):
    """How far a generation came. That is a fact; what is thought of its child is a ruling."""

    SEED = "seed"  # generation 0: the scaffold that the run started from
    SCORED = "scored"  # on every trial
    STOPPED = "stopped"  # its scoring was stopped early
    REFUSED = "refused"  # by a rung of the gate
    FAILED = "failed"  # its parent's improve gave no child
    EVALUATED = "evaluated"  # no child: its one parent was evaluated further


class Status(StrEnum):
    """What a generation counts as now: its outcome, and for a scored child the last ruling."""

    SEED = "seed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"  # scored in full, not better
    HOPELESS = "hopeless"  # scoring stopped early
    REFUSED = "refused"
    FAILED = "failed"
    HELD = "held"
    REVOKED = "revoked"
    EVALUATED = "evaluated"


KEPT = frozenset({Status.SEED, Status.ACCEPTED})
"""Children that may become parents."""

RULED = frozenset({Outcome.SCORED, Outcome.STOPPED})
"""Outcomes that there is a ruling on."""

STATUSES: Mapping[Outcome, Status] = {
    Outcome.SEED: Status.SEED,
    Outcome.REFUSED: Status.REFUSED,
    Outcome.FAILED: Status.FAILED,
    Outcome.EVALUATED: Status.EVALUATED,
}


@dataclass(frozen=True)
class Generation:
    """One or more parents, one self-edit, one child. `child` is None when there was none.

    `rulings` are records of their own, in order: the store joins them when it is read.
    """

    index: int
    parents: tuple[str, ...]  # in order; none for the seed only
    child: str | None
    proposer: str | None  # the scaffold whose improve made the edit: the first parent, unless frozen
    outcome: Outcome
    reason: str = ""  # in words: why it was refused, or why there is no child
    rung: str = ""  # of the gate, when refused
    edits: tuple[Edit, ...] = ()
    seed: int = 0  # of the improve call that made the child
    spend: Spend = field(default_factory=Spend)
    model: str = ""  # that the proposer asked where it did not say which
    shape: str = ""  # the child's normalised hash, by which its like is known: no reader has to parse its source
    rulings: tuple[Ruling, ...] = ()

    @property
    def parent(self) -> str | None:
        """The first parent, which the child is compared with."""
        return self.parents[0] if self.parents else None

    @property
    def expanded(self) -> tuple[str, ...]:
        """The scaffolds that it was to make a child of, each once."""
        return () if self.outcome is Outcome.EVALUATED else tuple(dict.fromkeys(self.parents))

    @property
    def ruling(self) -> Ruling | None:
        """The one that counts."""
        return self.rulings[-1] if self.rulings else None

    @property
    def status(self) -> Status:
        """Raises KeyError for a scored child that nobody has ruled on: such a one is never recorded."""
        if self.ruling is None:
            return STATUSES[self.outcome]
        if self.outcome is Outcome.STOPPED and self.ruling.verdict is Verdict.REJECTED:
            return Status.HOPELESS
        return Status(self.ruling.verdict)

    @property
    def kept(self) -> bool:
        return self.status in KEPT

    @property
    def ever_kept(self) -> bool:
        """Whether its child was kept at some time: then it may have children."""
        return self.outcome is Outcome.SEED or any(each.verdict is Verdict.ACCEPTED for each in self.rulings)

    def kept_after(self, upto: int) -> bool:
        """Whether its child was kept once generation `upto` was recorded: by the last ruling that was made by then."""
        if self.outcome is Outcome.SEED or self.index > upto:
            return self.index <= upto
        known = [each.verdict for each in self.rulings if each.after <= upto]
        return known[-1:] == [Verdict.ACCEPTED]

    @property
    def evidence(self) -> Evidence | None:
        """That of the last ruling that rests on any."""
        return next((each.evidence for each in reversed(self.rulings) if each.evidence), None)

    @property
    def gain(self) -> float | None:
        """Mean paired difference child - parent on the search split, as the ruling had it."""
        return self.evidence.gain if self.evidence else None

    @property
    def gain_low(self) -> float | None:
        return self.evidence.low if self.evidence else None

    @property
    def gain_high(self) -> float | None:
        return self.evidence.high if self.evidence else None

    @property
    def why(self) -> str:
        """Why it has its status: the reason of the ruling that counts, or of its refusal or failure."""
        return self.ruling.reason if self.ruling else self.reason


def ruled(made: Generation) -> list[dict[str, Any]]:
    """The rulings on its child as plain values, for views."""
    return [
        {"verdict": str(each.verdict), "by": each.by, "reason": each.reason, "after": each.after}
        for each in made.rulings
    ]
