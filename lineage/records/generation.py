"""One step of evolution: its parents, its self-edit, its child, and what became of that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from godel.contract import Edit

from .ruling import Evidence, Ruling
from .spend import Spend
from .step import Outcome, Step


@dataclass(frozen=True)
class Generation(Step):
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
    def ruling(self) -> Ruling | None:
        """The one that counts."""
        return self.rulings[-1] if self.rulings else None

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
