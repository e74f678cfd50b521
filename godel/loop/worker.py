"""Does orders: a parent edits its own source, the gate looks, the child is scored.

A worker holds guests and nothing of the run's records. With recorded replies it makes a generation again: that
is all that a replay is.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from godel import constants
from godel.config import Run
from godel.contract import Context, Program
from godel.contract.limits import REASON_CHARACTERS
from godel.gate import Proposal, Refusal, climb
from godel.gate.duplicate import normalised
from godel.gateway import Gateway
from godel.ledger import Charge, Meter, free
from godel.lineage import Evidence, Generation, Outcome, Ruling, Transcript, Trial, Verdict
from godel.lineage.analysis.statistics import differences, interval
from godel.lineage.records.ruling import ACCEPTANCE, PRUNING
from godel.loop.hypotheses import hypothesis
from godel.loop.orders import Evaluate, Evaluated, Order, Propose, Proposed, Result
from godel.policies import Differences
from godel.policies.acceptance import Hypothesis, decided
from godel.policies.chosen import chosen, pruning_of
from godel.policies.pruning import pruned
from godel.scoring.bench import Judge
from godel.scoring.evaluator import Evaluator, Scored
from godel.scoring.improvement import Blind, HostUtility, Improve, Improvement
from godel.scoring.meta_utility import DESCRIPTION, MetaUtility
from godel.scoring.pool import Pool
from godel.scoring.references import References
from godel.scoring.trials import raced, stages
from godel.scoring.workspace import Means, Workspace
from godel.tasks import Task


@dataclass(frozen=True)
class Setup:
    """What all orders of a run have in common: plain data, from which a worker can be made anywhere.
    `editable`: the files of a scaffold that may change."""

    run: Run
    editable: tuple[str, ...]
    tasks: Mapping[str, Task]


@dataclass(frozen=True)
class Services:
    """What the workers of one process share."""

    pool: Pool
    references: References
    gateway: Gateway


class Worker:
    """Does one order after the other. Raises BudgetSpent when more was used than an order allows, then nothing
    of it is kept; and JudgeFailed, SandboxError and ProviderFailed for failures of ours."""

    def __init__(self, setup: Setup, services: Services) -> None:
        run, pool = setup.run, services.pool
        self._setup, self._policies = setup, chosen(run)
        self._judge = Judge(pool)
        self._means = Means(
            pool, self._judge, services.references, services.gateway, run.improve, run.budget.generation
        )
        self._evaluator = Evaluator(setup.tasks, run.secret, pool.tier.name, pool.tier.identity())
        self._kept: Workspace | None = None

    def do(self, order: Order) -> Result:
        return self.propose(order) if isinstance(order, Propose) else self.evaluate(order)

    def propose(self, order: Propose, recorded: Transcript | None = None) -> Proposed:
        """The generation; with `recorded`, from what its improves were told the first time."""
        self._clear()
        self._means.references.learn(order.references)
        with self.workspace(str(order.index), Meter(order.allowance).charge) as workspace:
            made = self._propose(workspace, order, recorded)
            self._means.gateway.settle(workspace.place)
            generation = replace(made.generation, spend=workspace.spent)
            return replace(made, generation=generation, references=workspace.references.take())

    def evaluate(self, order: Evaluate, recorded: Transcript | None = None) -> Evaluated:
        """The scores; with `recorded`, from what the improves were told the first time."""
        workspace, told = self._same(order), recorded.trials if recorded else None
        self._means.references.learn(order.references)
        evaluator = replace(self._evaluator, searcher=constants.make(order.searcher) if order.searcher else None)
        evaluator.measure(workspace, order.trials)
        scored = [
            each for trial in order.trials for each in evaluator.evaluate(workspace, order.program, [trial], told)
        ]
        self._means.gateway.settle(workspace.place)
        return Evaluated(scored=tuple(scored), references=workspace.references.take())

    def refusal(self, child: Program, parent: Program, place: str) -> Refusal | None:
        """Whether the gate lets a scaffold pass that nobody proposed; a duplicate of another than its parent may."""
        with self.workspace(place, free) as workspace:
            proposal = Proposal(child, parent, self._setup.editable, frozenset(), workspace)
            refused = climb(proposal, self._policies.ladder)
            self._means.gateway.settle(workspace.place)
            return refused

    def workspace(self, place: str, charge: Charge) -> Workspace:
        return Workspace(self._means, place, charge)

    def close(self) -> None:
        self._clear()
        self._judge.close()

    def _same(self, order: Evaluate) -> Workspace:
        """One scaffold's trials come one by one: they share their sandboxes as those of a generation do."""
        if self._kept is None or self._kept.place != order.place:
            self._clear()
            self._kept = self.workspace(order.place, Meter(order.allowance).charge)
        return self._kept

    def _clear(self) -> None:
        kept, self._kept = self._kept, None
        if kept:
            kept.close()

    def _propose(self, workspace: Workspace, order: Propose, recorded: Transcript | None) -> Proposed:
        improved = self._improve(workspace, order, recorded)
        child = improved.program
        generation = Generation(
            order.index,
            tuple(each.digest for each in order.parents),
            child.digest if child else None,
            order.proposer.digest,
            Outcome.FAILED,
            f"{improved.failure}: {improved.detail}"[:REASON_CHARACTERS],
            seed=order.seed,
            model=order.model,
            edits=child.edits if child else (),
            shape=normalised(child) if child else "",
        )
        context = known_context(order, recorded)
        told = None if context is None else context.to_json()
        made = Proposed(generation=generation, child=child, proposal=improved.transcript, context=told)
        if child is None:
            return made
        proposal = Proposal(child, order.parents[0], self._setup.editable, order.shapes, workspace)
        if refusal := climb(proposal, self._policies.ladder):
            refused = replace(generation, outcome=Outcome.REFUSED, rung=refusal.rung, reason=refusal.reason)
            return replace(made, generation=refused)
        return self._score(workspace, order, made, recorded)

    def _improve(self, workspace: Workspace, order: Propose, recorded: Transcript | None) -> Improvement:
        line = workspace.line("propose", order.seed, order.model)
        utility = self._utility(workspace)
        told, parent = recorded.proposal if recorded else None, order.parents[0]
        context = known_context(order, recorded)
        call = Improve(order.proposer, parent, utility, line, order.seed, workspace.limits, told, context)
        return workspace.improve(call)

    def _utility(self, workspace: Workspace) -> HostUtility:
        if not workspace.limits.self_calls:
            return Blind(DESCRIPTION)
        return MetaUtility(self._evaluator, self._own_rounds(), workspace)

    def _score(self, workspace: Workspace, order: Propose, made: Proposed, recorded: Transcript | None) -> Proposed:
        assert made.child
        scored: list[Scored] = []
        stopped, told = "", recorded.trials if recorded else None
        drawn = self._stages(random.Random(order.seed))
        for number, stage in enumerate(drawn):
            scored += self._evaluator.evaluate(workspace, made.child, stage, told, order.known)
            paired = differences(scores(scored), order.scores)
            if number < len(drawn) - 1:
                stopped = pruned(self._policies.pruning, paired)
            if stopped:
                break
        case = hypothesis(order.index, (order.scores[trial] for trial in order.scores.keys() & scores(scored).keys()))
        ruling = self._ruling(case, paired, stopped)
        outcome = Outcome.STOPPED if stopped else Outcome.SCORED
        generation = replace(made.generation, outcome=outcome, reason="", rulings=(ruling,))
        return replace(made, generation=generation, scored=tuple(scored))

    def _ruling(self, case: Hypothesis, paired: Differences, stopped: str) -> Ruling:
        """What the run's policies think of a child; `stopped`: why its scoring was stopped early, or ""."""
        index, (gain, low, high, pairs) = case.number, interval(paired)
        evidence = Evidence(gain, known(low), known(high), pairs)
        if stopped:
            by = f"{PRUNING}{pruning_of(self._setup.run)}"
            return Ruling(index, Verdict.REJECTED, by, stopped, evidence, index)
        verdict, reason = decided(self._policies.acceptance, paired, case)
        return Ruling(index, verdict, f"{ACCEPTANCE}{self._setup.run.acceptance}", reason, evidence, index)

    def _own_rounds(self) -> list[list[Trial]]:
        run = self._setup.run
        return raced(self._setup.tasks, run.scoring, run.improve.self_trials)

    def _stages(self, rng: random.Random | None = None) -> list[list[Trial]]:
        return stages(self._setup.tasks, self._setup.run.scoring, rng)


def known_context(order: Propose, recorded: Transcript | None) -> Context | None:
    """What the proposer may know: in a replay what it knew the first time. Further parents are always told."""
    context, others = order.context, order.parents[1:]
    if recorded:
        context = None if recorded.context is None else Context.from_json(recorded.context)
    if context is None:
        return Context(others) if others else None
    return replace(context, others=others)


def known(bound: float) -> float | None:
    """A bound as it is recorded: one that a single pair leaves infinite is none."""
    return bound if math.isfinite(bound) else None


def scores(scored: Sequence[Scored]) -> dict[Trial, float]:
    return {each.trial: each.evaluation.score for each in scored}
