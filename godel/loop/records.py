"""What the loop writes, and what it knows of what is written."""

from __future__ import annotations

from collections.abc import Sequence

from godel.contract import Program
from godel.gate.duplicate import normalised
from godel.lineage import Evaluation, Generation, Outcome, Spend, Trial
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.records.events import Measured
from godel.lineage.store import Store
from godel.loop.orders import Evaluate, Evaluated, Proposed
from godel.scoring.evaluator import Scored


class Records:
    """A run's store, open to be written, with its lineage kept up to date."""

    def __init__(self, store: Store) -> None:
        self.store, self.lineage = store, Lineage.growing(store)
        self.references = {(each.task_version, each.seed): each for each in store.baselines()}

    @property
    def done(self) -> int:
        """Generations that are recorded, after the seed."""
        return max(0, len(self.lineage) - 1)

    @property
    def seeded(self) -> bool:
        return len(self.lineage) > 0

    def last(self) -> tuple[Generation, float]:
        """The last generation, and the mean score of its child."""
        made = self.lineage.generation(len(self.lineage) - 1)
        return made, self.lineage.score(made.child or "")

    def seed_trials(self) -> dict[Trial, Scored]:
        """What was scored of the seed before its generation was recorded whole."""
        return {each.trial: Scored(each, None, tuple(replies), log) for each, replies, log in self.store.trials()}

    def add_trial(self, result: Evaluated) -> None:
        """One trial of the seed."""
        self._add_used(result)
        for each in result.scored:
            blobs = [each.program.to_bytes()] if each.program else []
            self.store.add_trial(each.evaluation, each.replies, blobs, each.log)

    def add_seed(self, seed: Program, trials: Sequence[Trial]) -> None:
        """Generation 0, all of whose trials are recorded."""
        known = self.seed_trials()
        self._add(seed_result(seed, [known[trial] for trial in trials]), [])

    def add(self, result: Proposed) -> None:
        """A generation. Two workers may reach the same tree at once: it is one node, scored once."""
        self._add_used(result)
        self._add(result, [each for each in result.evaluations if not self.lineage.has_score(each)])

    def add_evaluated(self, index: int, order: Evaluate, result: Evaluated) -> None:
        """A generation without a child: its parent was evaluated further."""
        self._add_used(result)
        self._add(evaluated(index, order, result), result.evaluations)

    def add_scores(self, result: Evaluated, why: str) -> None:
        """Scores outside of a generation."""
        self._add_used(result)
        blobs = [each.program.to_bytes() for each in result.scored if each.program]
        self.store.add_evaluations(result.evaluations, blobs, why)

    def add_measured(self, result: Evaluated, calls: int) -> None:
        """Scores of a scaffold that was given so many utility calls, whatever the run gives."""
        self._add_used(result)
        for each in result.scored:
            blobs = [each.program.to_bytes()] if each.program else []
            self.store.event(Measured(calls, each.evaluation), blobs)

    def _add(self, result: Proposed, new: Sequence[Evaluation]) -> None:
        products = {each.program.digest: each.program for each in result.scored if each.program}
        blobs = [each.to_bytes() for each in products.values()]
        self.store.record(result.generation, result.child, new, result.transcript, blobs)
        self.lineage.add(result.generation, result.evaluations)

    def _add_used(self, result: Evaluated) -> None:
        for each in result.references:
            if (each.task_version, each.seed) not in self.references:
                self.references[each.task_version, each.seed] = each
                self.store.put_baseline(each.task_version, each.seed, each.start, each.reference)
        for call, request in result.model_calls:
            self.store.put_model_call(call, request)


def seed_result(seed: Program, scored: Sequence[Scored]) -> Proposed:
    """Generation 0: the seed, scored in full."""
    spend = sum((each.evaluation.spend for each in scored), Spend())
    generation = Generation(0, (), seed.digest, None, Outcome.SEED, spend=spend, shape=normalised(seed))
    return Proposed(scored=tuple(scored), generation=generation, child=seed)


def evaluated(index: int, order: Evaluate, result: Evaluated) -> Proposed:
    """A generation without a child: its parent was evaluated further."""
    spend = sum((each.evaluation.spend for each in result.scored), Spend())
    made = Generation(index, (order.program.digest,), None, None, Outcome.EVALUATED, spend=spend)
    return Proposed(scored=result.scored, generation=made, child=None)
