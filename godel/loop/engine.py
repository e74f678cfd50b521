"""The loop: select a parent, let it improve its own source, gate, score, accept, record.

Many children are in flight, and yet the same seed gives the same archive: generation k is
chosen from the archive as it stood once generations 0 … k-W were recorded, and results are
recorded in order, whatever order they arrive in.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache, partial
from typing import Protocol, TypeVar

from godel import stored
from godel.archive import Archive, Prefix, mean
from godel.config import Run
from godel.contract import Program
from godel.contract.fingerprints import deleted
from godel.errors import BudgetSpent, Interrupted, ProviderFailed, Unavailable
from godel.gateway.model_choice import proposing_model
from godel.ledger import Ledger
from godel.lineage import Evaluation, Generation, Spend
from godel.lineage.codec import source_bytes
from godel.lineage.store import Store
from godel.loop.generation import Made, Order, Recorded, Workshop, seed_generation
from godel.loop.patience import DELAYS_S, patiently
from godel.loop.shortfall import Course, explained
from godel.policies import selection
from godel.policies.chosen import chosen
from godel.sandbox import SandboxError, SandboxLost, TierMissing
from godel.scaffold import Scaffold
from godel.scoring.evaluator import Assessed, Assessor, Replies, Trial, trial_of
from godel.seeds import derive
from godel.stopwatch import SEED, Stopwatch
from godel.syntax import parse

Result = TypeVar("Result")


class Observer(Protocol):
    """Who watches a run. Called from worker threads as well as from the run's own."""

    def started(self, index: int, parent: str) -> None: ...

    def recorded(self, generation: Generation, score: float) -> None: ...

    def waiting(self, index: int, problem: str, delay_s: float) -> None: ...


class Engine:
    """Runs one run from where its store stands to its last generation."""

    def __init__(
        self,
        run: Run,
        scaffold: Scaffold,
        store: Store,
        new_assessor: Callable[[], Assessor],
        observer: Observer,
        retry_delays_s: Sequence[float] = DELAYS_S,
    ) -> None:
        self._run, self._seed, self._store, self._observer = run, scaffold, store, observer
        self._new_assessor, self._retry_delays_s = new_assessor, retry_delays_s
        # As the run was created with: a resumption with other workers must choose the same parents.
        self._lag: int = store.config["run"]["workers"]
        self._policies = chosen(run)
        self._thread = threading.local()
        self._assessors: list[Assessor] = []
        self._stopping = threading.Event()
        self._watch = Stopwatch()
        self.archive = load_archive(store)

    def run(self) -> None:
        """Until the last generation is recorded. Raises Stopped (resumable) or our failures."""
        before = done = max(0, len(self.archive) - 1)
        workers = ThreadPoolExecutor(self._run.workers, thread_name_prefix="generation")
        pending: dict[int, Future[Made]] = {}
        try:
            if not len(self.archive):
                self._record(self._seed_generation(workers))
                self._watch.lap(SEED)
            while done < self._run.generations:
                self._submit(workers, pending, done)
                if not pending and (over := self._ledger(done + 1).spent()):
                    raise over
                self._record(pending.pop(done + 1).result())
                done += 1
        except KeyboardInterrupt:
            recorded = self._store.generations()  # the signal may have come between a record and its count
            where = f"after generation {len(recorded) - 1}" if recorded else "before the seed was scored"
            raise Interrupted(f"interrupted {where}") from None
        except BudgetSpent as spent:
            raise explained(spent, self._run.budget, self._course(spent.budget, done, done - before)) from None
        finally:
            self._stopping.set()
            workers.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        for assessor in self._assessors:
            assessor.close()

    def _seed_generation(self, workers: ThreadPoolExecutor) -> Made:
        """Generation 0, its trials shared out among the workers, each recorded as soon as it is scored."""
        program, trials = self._seed.program, self._workshop().trials
        known = seed_trials(self._store)
        todo = [trial for trial in trials if trial not in known]
        shares = [todo[number :: self._run.workers] for number in range(self._run.workers)]

        def score(share: Sequence[Trial]) -> None:
            for each in self._workshop().score(program, [trial for trial in share if trial not in known]):
                self._keep(each)
                known[each.trial] = each

        list(workers.map(lambda share: self._with_patience(0, lambda: score(share)), shares))
        return seed_generation(program, [known[trial] for trial in trials])

    def _keep(self, scored: Assessed) -> None:
        if self._stopping.is_set():  # then what looks like a failure may be our own doing
            raise SandboxLost("the run is stopping")
        blobs = [program_blob(scored.program)] if scored.program else []
        self._store.add_trial(scored.evaluation, scored.transcript, blobs)

    def _submit(self, workers: ThreadPoolExecutor, pending: dict[int, Future[Made]], done: int) -> None:
        """Start all that may be chosen from what is recorded."""
        last = min(done + min(self._run.workers, self._lag), self._run.generations)
        for index in range(done + 1, last + 1):
            if index not in pending and not self._ledger(index).spent():
                pending[index] = workers.submit(self._make, self.order(index))

    def order(self, index: int) -> Order:
        """What generation `index` is to do: a function of the records before it alone."""
        upto = max(0, index - self._lag)
        rng = random.Random(derive(self._run.secret, self._run.seed, "select", index))
        answer = selection.chosen(self._policies.selection, Prefix(self.archive, upto), rng)
        assert isinstance(answer, selection.Expand), "further evaluations are not wired yet"
        parent = answer.parents[0]
        entry = self.archive.entry(parent)
        program = self._remembered(stored.program(self._store, parent))
        who = program if self._run.proposer == "self" else self._seed.program
        seed = derive(self._run.secret, self._run.seed, "propose", index)
        heard = _heard(self._store, entry.generation.index)
        model = proposing_model(self._run.model, self.archive.generations()[: upto + 1], rng)
        return Order(index, program, who, entry.scores, heard, self.archive.shapes(upto), seed, model)

    def _remembered(self, program: Program) -> Program:
        """`program` with what its ancestors gave up, for a model to be told when it brings that back."""
        if not self._run.model.names:
            return program
        ancestors = [each.files for each in self.archive.ancestors(program.digest)]
        return replace(program, deleted=deleted(ancestors, program.files, parse))

    def _make(self, order: Order) -> Made:
        self._observer.started(order.index, order.parent.digest)
        index = order.index
        return self._with_patience(index, lambda: self._workshop().make(order, charge=self._ledger(index).charge))

    def _with_patience(self, index: int, work: Callable[[], Result]) -> Result:
        """Raises Unavailable when what failed stays away: then the run stops where it can be resumed."""
        waiting = partial(self._observer.waiting, index)
        try:
            return patiently(
                work, self._discard_workshop, waiting, delays_s=self._retry_delays_s, stopping=self._stopping
            )
        except TierMissing:
            raise
        except (SandboxError, ProviderFailed) as error:
            raise Unavailable(f"generation {index}: {error}") from error

    def _workshop(self) -> Workshop:
        """This thread's workshop."""
        if getattr(self._thread, "workshop", None) is None:
            assessor = self._thread.assessor = self._new_assessor()
            self._assessors.append(assessor)
            self._thread.workshop = Workshop(self._run, self._seed.editable, assessor, self._policies)
        workshop: Workshop = self._thread.workshop
        return workshop

    def _discard_workshop(self) -> None:
        if getattr(self._thread, "workshop", None) is not None:
            self._assessors.remove(self._thread.assessor)
            self._thread.assessor.close()
            self._thread.workshop = None

    def _record(self, made: Made) -> None:
        blobs = [program_blob(program) for program in made.products]
        # Two workers may reach the same tree at once: it is one node, scored once. The seed's trials are recorded.
        new = [each for each in made.evaluations if made.generation.index and not self.archive.scored(each)]
        self._store.record(made.generation, made.tree, new, made.transcript, blobs)
        self.archive.add(made.generation, made.program, made.evaluations)
        self._observer.recorded(made.generation, mean(self.archive.last().scores))

    def _course(self, budget: str, done: int, session: int) -> Course:
        """How far the run got, and what scoring its seed took of a budget."""
        if not len(self.archive):
            return Course(done, self._run.generations, session, None)
        spend = self.archive.generations()[0].spend
        seed = self._watch.laps.get(SEED, 0.0) if budget == "wall_s" else getattr(spend, budget)
        return Course(done, self._run.generations, session, seed)

    def _ledger(self, index: int) -> Ledger:
        """What generation `index` may use: a function of the same records as its order, and of the clock."""
        recorded = self.archive.generations()[: max(0, index - self._lag) + 1]
        before = sum((made.spend for made in recorded), Spend())
        return Ledger(self._run.budget.of(index), before, self._watch.elapsed_s)


def seed_trials(store: Store) -> dict[Trial, Assessed]:
    """What was scored of the seed before its generation was recorded whole."""
    return {trial_of(each): Assessed(each, None, tuple(words)) for each, words in store.trials()}


@lru_cache(maxsize=8)
def _heard(store: Store, index: int) -> Replies:
    """What the child of generation `index` heard of its products: one parent has many children."""
    return Recorded.of(store.transcript(index)).trials


def program_blob(program: Program) -> bytes:
    """A product as it is stored, under its digest."""
    return source_bytes(program.files, program.entry)


def load_archive(store: Store) -> Archive:
    archive = Archive()
    by_tree: dict[str, list[Evaluation]] = {}
    for evaluation in store.evaluations():
        by_tree.setdefault(evaluation.tree, []).append(evaluation)
    for generation in store.generations():
        program = stored.program(store, generation.child) if generation.child else None
        archive.add(generation, program, by_tree.get(generation.child or "", []))
    return archive
