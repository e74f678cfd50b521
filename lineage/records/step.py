"""What is asked of every generation while a run goes on: where it came from, what it made, whether that is kept.

`Generation` knows it, with all else; `Brief` knows nothing else, and so a long run's fit into memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Protocol

from .ruling import Verdict
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


RULED = frozenset({Outcome.SCORED, Outcome.STOPPED})
"""Outcomes that there is a ruling on."""


class AnyRuling(Protocol):
    """What of a ruling decides whether a child is kept."""

    @property
    def verdict(self) -> Verdict: ...
    @property
    def after(self) -> int: ...


class Step:
    """One step of evolution. Its fields are those of `Generation`, and described there."""

    __slots__ = ()

    index: int
    parents: tuple[str, ...]
    child: str | None
    outcome: Outcome
    shape: str
    spend: Spend
    rulings: Sequence[AnyRuling]
    """On its child, in order."""

    @property
    def parent(self) -> str | None:
        """The first parent, which the child is compared with."""
        return self.parents[0] if self.parents else None

    @property
    def expanded(self) -> tuple[str, ...]:
        """The scaffolds that it was to make a child of, each once."""
        return () if self.outcome is Outcome.EVALUATED else tuple(dict.fromkeys(self.parents))

    @property
    def status(self) -> Status:
        """Raises ValueError for a scored child that nobody has ruled on: such a one is never recorded."""
        if not self.rulings:
            return Status(self.outcome)
        verdict = self.rulings[-1].verdict
        if self.outcome is Outcome.STOPPED and verdict is Verdict.REJECTED:
            return Status.HOPELESS
        return Status(verdict)

    def kept_after(self, upto: float) -> bool:
        """Whether its child was kept once generation `upto` was recorded: by the last ruling that was made by then.
        What is kept may become a parent."""
        if self.outcome is Outcome.SEED or self.index > upto:
            return self.index <= upto
        known = [each.verdict for each in self.rulings if each.after <= upto]
        return known[-1:] == [Verdict.ACCEPTED]

    @property
    def kept(self) -> bool:
        """Whether it is kept now."""
        return self.kept_after(inf)


@dataclass(slots=True)
class BriefRuling:
    """Of a ruling, what `AnyRuling` is."""

    generation: int
    verdict: Verdict
    after: int


@dataclass(slots=True)
class Brief(Step):
    index: int
    parents: tuple[str, ...]
    child: str | None
    outcome: Outcome
    shape: str
    spend: Spend
    rulings: tuple[BriefRuling, ...] = ()
