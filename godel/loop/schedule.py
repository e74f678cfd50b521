"""What the next generation is to do: a function of the records before it alone.

Many children are in flight, and yet the same seed gives the same archive: generation k is ordered from
the records as they stood once generations 0 … k-W were recorded, whatever order results arrive in.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import count, islice

from godel.contract import Program
from godel.contract.fingerprints import deleted
from godel.contract.syntax import parse
from godel.ledger import Allowance
from godel.lineage import Baseline, Split, Trial
from godel.lineage.analysis.prefix import Prefix
from godel.lineage.store import Store
from godel.loop.context import Contexts
from godel.loop.crosser import CROSSER
from godel.loop.orders import Evaluate, Order, Propose
from godel.loop.records import Records
from godel.loop.worker import Setup
from godel.policies import mating, selection
from godel.policies.chosen import chosen
from godel.policies.models import Offer, proposing_model
from godel.scoring.evaluator import Known, scores_in, seeds_of
from godel.scoring.trials import stages
from godel.seeds import derive


class Schedule:
    """How many generations may be in flight is as the run was created with: a resumption with other workers
    must choose the same parents."""

    def __init__(self, setup: Setup, seed: Program, records: Records) -> None:
        self.run, self.seed, self._tasks, self._records = setup.run, seed, setup.tasks, records
        self._lineage, self._store = records.lineage, records.store
        self._lag = int(self._store.config["run"]["workers"])
        self._trials = [trial for stage in stages(self._tasks, self.run.scoring) for trial in stage]
        self._policies = chosen(setup.run)
        self._contexts = Contexts(setup.run, records.lineage, records.store)
        self._ordered: dict[int, Evaluate] = {}
        """Further evaluations of this session: those in flight are not recorded yet."""
        self._models = Offer(self.run.model.names, self.run.model.weights)

    def trials(self) -> list[Trial]:
        """Of generation 0, in order."""
        return self._trials

    def last(self, done: int) -> int:
        """The last generation that may be ordered when `done` are recorded."""
        return min(done + min(self.run.workers, self._lag), self.run.generations)

    def of_seed(self, trial: Trial) -> Evaluate:
        """One of the orders that score the seed."""
        return self.evaluate("0", self.seed, trial)

    def evaluate(self, place: str, scaffold: Program, trial: Trial) -> Evaluate:
        """`scaffold` on one trial, whatever that costs."""
        return Evaluate(place, scaffold, (trial,), self._references([trial]))

    def order(self, index: int, elapsed_s: float = 0.0) -> Order:
        """What generation `index` is to do."""
        upto = max(0, index - self._lag)
        rng = random.Random(derive(self.run.secret, self.run.seed, "select", index))
        view = Prefix(self._lineage, upto, index)
        answer = selection.chosen(self._policies.selection, view, rng)
        if isinstance(answer, selection.Evaluate):
            return self._further(index, answer, elapsed_s)
        mate = self._mate(view, answer.parents)
        order = self._expand(index, (*answer.parents, *mate), rng, elapsed_s)
        return replace(order, proposer=CROSSER) if mate and self.run.crossed_by == "lab" else order

    def _mate(self, view: Prefix, parents: Sequence[str]) -> Sequence[str]:
        """Who is crossed with the one parent, drawn apart from all else; nobody in most generations."""
        rng = random.Random(derive(self.run.secret, self.run.seed, "mate", view.generation))
        if len(parents) > 1 or not rng.random() < self.run.crossover:
            return ()
        found = mating.mate(self._policies.mating, view, parents[0], rng)
        return (found,) if found else ()

    def _expand(self, index: int, trees: Sequence[str], rng: random.Random, elapsed_s: float) -> Propose:
        upto, first = max(0, index - self._lag), trees[0]
        parents = tuple(self._remembered(self._store.program(tree)) for tree in trees)
        kept = self._lineage.members(upto).of(first)
        assert kept, "what is chosen is a member"
        return Propose(
            index,
            parents,
            parents[0] if self.run.proposer == "self" else self.seed,
            derive(self.run.secret, self.run.seed, "propose", index),
            self._lineage.scores(first, upto),
            _told(self._store, kept.index),
            self._lineage.shapes(upto),
            self._references(self._trials),
            self.allowance(index, elapsed_s),
            self._model(upto, rng),
            self._contexts.of(first, upto),
        )

    def _further(self, index: int, answer: selection.Evaluate, elapsed_s: float) -> Evaluate:
        """The next trials that no generation before this one has, or has been ordered to have, of that scaffold."""
        tree = answer.tree
        taken = set(self._lineage.scores(tree, index - 1))
        taken |= {
            trial
            for number, order in self._ordered.items()
            if number < index and order.program.digest == tree
            for trial in order.trials
        }
        trials = tuple(islice((each for each in self._endless() if each not in taken), answer.trials))
        order = Evaluate(
            str(index), self._store.program(tree), trials, self._references(trials), self.allowance(index, elapsed_s)
        )
        self._ordered[index] = order
        return order

    def _endless(self) -> Iterator[Trial]:
        """The search split, and then new seeds of its cheap tasks, or of all where none is cheap."""
        yield from self._trials
        cheap = [name for name, task in self._tasks.items() if not task.stage] or list(self._tasks)
        most = max(self.run.scoring.search_seeds, self.run.scoring.costly_seeds)
        yield from (Trial(name, Split.SEARCH, seed) for seed in count(most) for name in cheap)

    def _model(self, upto: int, rng: random.Random) -> str:
        """Who proposes; "" in a run without models."""
        made = self._lineage.generations_upto(upto) if self._models.names else ()
        return proposing_model(self._policies.models, self._models, made, rng)

    def allowance(self, index: int, elapsed_s: float = 0.0) -> Allowance:
        """What generation `index` may use: a function of the same records as its order, and of the clock."""
        before = self._lineage.spend(max(0, index - self._lag))
        return Allowance(self.run.budget.of(index), before, elapsed_s)

    def _references(self, trials: Iterable[Trial]) -> tuple[Baseline, ...]:
        """What 0 and 1 mean on the instances of `trials`, as far as it is recorded."""
        known = self._records.references
        instances = [
            (self._tasks[trial.task].version, seed)
            for trial in trials
            for seed in seeds_of(self.run.secret, trial).instances
        ]
        return tuple(known[each] for each in instances if each in known)

    def _remembered(self, source: Program) -> Program:
        """`source` with what its ancestors gave up, for a model to be told when it brings that back."""
        if not self.run.model.names:
            return source
        ancestors = [self._store.program(tree).files for tree in self._lineage.ancestry(source.digest)[1:]]
        return replace(source, deleted=deleted(ancestors, source.files, parse))


@lru_cache(maxsize=8)
def _told(store: Store, index: int) -> dict[Trial, Known]:
    """What the child of generation `index` was told of its products: one parent has many children."""
    return {trial: scores_in(replies) for trial, replies in store.transcript(index).trials.items()}
