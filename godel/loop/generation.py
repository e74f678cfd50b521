"""One generation: a parent edits its own source, the gate looks, the child is scored."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from godel.config import Run
from godel.contract import Program
from godel.contract.limits import REASON_CHARACTERS
from godel.gate import Proposal, climb
from godel.gate.duplicate import normalised
from godel.ledger import Charge, free
from godel.lineage import Edit, Evaluation, Generation, Spend, Split, Status, Tree
from godel.policies.chosen import Policies
from godel.scoring.evaluator import Assessed, Assessor, Desk, Replies, Trial
from godel.scoring.improvement import Blind, HostUtility, Improvement, improve
from godel.scoring.meta_utility import DESCRIPTION, MetaUtility
from godel.scoring.trials import differences, stages


@dataclass(frozen=True)
class Order:
    """All that a generation depends on, fixed before it starts."""

    index: int
    parent: Program
    proposer: Program
    parent_scores: Mapping[Trial, float]
    parent_heard: Replies
    shapes: frozenset[str]
    seed: int
    model: str = ""  # that the proposer asks where it does not say which


@dataclass(frozen=True)
class Made:
    """A finished generation, ready to be recorded."""

    generation: Generation
    program: Program | None
    evaluations: tuple[Evaluation, ...] = ()
    transcript: tuple[dict[str, Any], ...] = ()
    products: tuple[Program, ...] = ()

    @property
    def tree(self) -> Tree | None:
        return Tree(self.program.files, self.program.entry) if self.program else None


class Workshop:
    """Makes generations, one at a time. One a thread."""

    def __init__(self, run: Run, editable: tuple[str, ...], assessor: Assessor, policies: Policies) -> None:
        self._run, self._editable, self._assessor, self._policies = run, editable, assessor, policies
        self._stages = stages(assessor.tasks, run.scoring)
        self.trials = [trial for stage in self._stages for trial in stage]

    def score(self, program: Program, trials: Sequence[Trial], recorded: Recorded | None = None) -> Iterator[Assessed]:
        """Score `program` on `trials`, one after the other, whatever it is worth and costs."""
        self._assessor.measure([trial for trial in trials if trial.seed == 0])
        with self._assessor.desk("0") as desk:
            for trial in trials:
                yield from self._assessor.assess(desk, program, [trial], recorded.trials if recorded else None)

    def make(self, order: Order, recorded: Recorded | None = None, charge: Charge = free) -> Made:
        """Generation `order.index`; with `recorded`, from the words it heard the first time.
        Raises BudgetSpent when `charge` does: then it is given up, and nothing of it is kept."""
        with self._assessor.desk(str(order.index), charge) as desk:
            made = self._make(desk, order, recorded)
            return replace(made, generation=replace(made.generation, spend=desk.spent))

    def _make(self, desk: Desk, order: Order, recorded: Recorded | None) -> Made:
        proposal = self._propose(desk, order, recorded)
        child = proposal.program
        generation = Generation(
            order.index,
            order.parent.digest,
            child.digest if child else None,
            order.proposer.digest,
            Status.FAILED,
            f"{proposal.failure}: {proposal.detail}"[:REASON_CHARACTERS],
            seed=order.seed,
            model=order.model,
            edits=tuple(Edit(*edit) for edit in child.edits) if child else (),
            shape=normalised(child) if child else "",
        )
        words = [{"phase": "propose", "replies": list(proposal.transcript)}]
        if child is None:
            return _made(generation, None, [], words)
        if refusal := climb(self._proposal(desk, order, child), self._policies.ladder):
            refused = replace(generation, status=Status.REFUSED, rung=refusal.rung, reason=refusal.reason)
            return _made(refused, child, [], words)
        return self._score(desk, order, generation, child, words, recorded)

    def _propose(self, desk: Desk, order: Order, recorded: Recorded | None) -> Improvement:
        budget = self._run.improve.self_calls
        utility: HostUtility = (
            MetaUtility(self._assessor, self._stages[0], budget, f"{desk.place}/meta", desk.charge)
            if budget
            else Blind(DESCRIPTION)
        )
        replies = recorded.proposal if recorded else None
        line = desk.line("propose", order.seed, order.model)
        made = improve(
            desk.scaffold, order.proposer, order.parent, utility, line, order.seed, self._run.improve, replies
        )
        desk.charge(made.spend)
        return made

    def _proposal(self, desk: Desk, order: Order, child: Program) -> Proposal:
        return Proposal(
            child, order.parent, self._editable, order.shapes.__contains__, desk.scaffold, desk.charge, desk.line
        )

    def _score(
        self,
        desk: Desk,
        order: Order,
        generation: Generation,
        child: Program,
        words: list[dict[str, Any]],
        recorded: Recorded | None,
    ) -> Made:
        assessed: list[Assessed] = []
        stopped = ""
        drawn = stages(self._assessor.tasks, self._run.scoring, random.Random(order.seed))
        for number, stage in enumerate(drawn):
            replies = recorded.trials if recorded else None
            assessed += self._assessor.assess(desk, child, stage, replies, order.parent_heard)
            paired = differences(scores(assessed), order.parent_scores)
            if number < len(drawn) - 1:
                stopped = self._policies.pruning.prune(paired)
            if stopped:
                break
        decision = self._policies.acceptance.decide(paired)
        status = Status.HOPELESS if stopped else Status.ACCEPTED if decision.accept else Status.REJECTED
        judged = replace(
            generation,
            status=status,
            reason=stopped or decision.reason,
            gain=decision.gain,
            gain_low=known(decision.low),
            gain_high=known(decision.high),
        )
        return _made(judged, child, assessed, words)


def seed_generation(program: Program, assessed: Sequence[Assessed]) -> Made:
    """Generation 0: the seed, scored in full."""
    spend = sum((each.evaluation.spend for each in assessed), Spend())
    generation = Generation(0, None, program.digest, None, Status.SEED, spend=spend, shape=normalised(program))
    return _made(generation, program, assessed, [])


@dataclass(frozen=True)
class Recorded:
    """What a generation heard the first time: replies to its proposal, and by trial."""

    proposal: Sequence[dict[str, Any]]
    trials: Replies

    @classmethod
    def of(cls, transcript: Sequence[Mapping[str, Any]]) -> Recorded:
        """From the transcript as it is stored (see `_made`)."""
        proposal: Sequence[dict[str, Any]] = ()
        trials = {}
        for part in transcript:
            if part["phase"] == "propose":
                proposal = part["replies"]
            else:
                task, split, seed = part["trial"]
                trials[Trial(task, Split(split), seed)] = part["replies"]
        return cls(proposal, trials)


def known(bound: float) -> float | None:
    """A bound as it is recorded: one that a single pair leaves infinite is none."""
    return bound if math.isfinite(bound) else None


def scores(assessed: Sequence[Assessed]) -> dict[Trial, float]:
    return {each.trial: each.evaluation.score for each in assessed}


def _made(
    generation: Generation, program: Program | None, assessed: Sequence[Assessed], words: list[dict[str, Any]]
) -> Made:
    heard = [
        {
            "phase": "trial",
            "trial": [each.evaluation.task, str(each.evaluation.split), each.evaluation.seed],
            "replies": list(each.transcript),
        }
        for each in assessed
    ]
    products = {each.program.digest: each.program for each in assessed if each.program}
    evaluations = tuple(each.evaluation for each in assessed)
    return Made(generation, program, evaluations, (*words, *heard), tuple(products.values()))
