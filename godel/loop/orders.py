"""Orders and results: plain data, so that whoever does an order needs nothing else of the run.

An order says what is to be done, and is fixed before it starts; a result is all that has to be
recorded of it. Both go through JSON and come back equal (`wire.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from godel.contract import Context, Program
from godel.ledger import Allowance
from godel.lineage import Baseline, Evaluation, Generation, ModelCall, Replies, Transcript, Trial
from godel.scoring.evaluator import Known, Scored


@dataclass(frozen=True)
class Propose:
    """Make generation `index`: `proposer` edits the first of `parents`; what comes of it is gated and scored."""

    index: int
    parents: tuple[Program, ...]
    proposer: Program
    seed: int
    scores: Mapping[Trial, float] = field(default_factory=dict)
    """Of the first parent: a child is paired with it."""
    known: Mapping[Trial, Known] = field(default_factory=dict)
    """By trial, the scores by digest that the first parent's improve was told: they are not measured again."""
    shapes: Collection[str] = frozenset()
    """The normalised hashes of all scaffolds that were there before."""
    references: tuple[Baseline, ...] = ()
    """What 0 and 1 mean on the instances of its trials, as far as it is known."""
    allowance: Allowance = field(default_factory=Allowance)
    model: str = ""
    """That the proposer asks where it does not say which."""
    context: Context | None = None
    """What the proposer may know of the first parent's record; its other parents go with it."""


@dataclass(frozen=True)
class Evaluate:
    """Score a scaffold on `trials`, whatever it is worth and costs. `place` names this in the run. `searcher`: who
    improves in its place (`godel.constants`), or ""."""

    place: str
    program: Program
    trials: tuple[Trial, ...]
    references: tuple[Baseline, ...] = ()
    allowance: Allowance = field(default_factory=Allowance)
    searcher: str = ""


Order = Propose | Evaluate


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """What became of an Evaluate. `references`: what 0 and 1 mean on the instances that were used.
    `model_calls`, each with its request as it was sent: those that are not recorded yet."""

    scored: tuple[Scored, ...] = ()
    references: tuple[Baseline, ...] = ()
    model_calls: tuple[tuple[ModelCall, bytes], ...] = ()

    @property
    def evaluations(self) -> list[Evaluation]:
        return [each.evaluation for each in self.scored]


@dataclass(frozen=True, kw_only=True)
class Proposed(Evaluated):
    """What became of a Propose. `proposal`: what its improve was told; `context`: what it was given to know, as
    JSON."""

    generation: Generation
    child: Program | None
    proposal: Replies = ()
    context: Mapping[str, Any] | None = None

    @property
    def transcript(self) -> Transcript:
        """Enough to make it again."""
        logs = {each.trial: each.log for each in self.scored if each.log}
        return Transcript(tuple(self.proposal), {each.trial: each.replies for each in self.scored}, logs, self.context)


Result = Evaluated | Proposed
