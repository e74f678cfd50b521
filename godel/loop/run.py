"""The loop: ask the schedule for orders, have them done, record what comes of them, in order."""

from __future__ import annotations

from typing import Protocol

from godel.errors import BudgetSpent, Interrupted, ProviderFailed, Unavailable
from godel.lineage import Generation
from godel.loop.executor import Executor, Failed, Waiting
from godel.loop.orders import Evaluate, Evaluated, Order, Proposed, Result
from godel.loop.records import Records
from godel.loop.schedule import Schedule
from godel.loop.shortfall import Course, explained
from godel.sandbox import SandboxError, TierMissing
from godel.stopwatch import SEED, Stopwatch


class Observer(Protocol):
    """Who watches a run."""

    def started(self, index: int, parent: str) -> None: ...

    def recorded(self, generation: Generation, score: float) -> None: ...

    def waiting(self, index: int, problem: str, delay_s: float) -> None: ...


class Loop:
    """Takes one run from where its records stand to its last generation. It alone writes."""

    def __init__(self, schedule: Schedule, records: Records, executor: Executor, observer: Observer) -> None:
        self._schedule, self._records, self._executor, self._observer = schedule, records, executor, observer
        self._run, self._watch = schedule.run, Stopwatch()
        self._pending: dict[int, Order] = {}
        """Ordered, and not recorded yet."""
        self._results: dict[int, Result | Failed] = {}

    def run(self) -> None:
        """Until the last generation is recorded. Raises Stopped (resumable) or our failures."""
        before = self._records.done
        try:
            if not self._records.seeded:
                self._score_seed()
                self._watch.lap(SEED)
            while self._records.done < self._run.generations:
                self._submit()
                self._record(self._records.done + 1)
        except KeyboardInterrupt:
            raise Interrupted(f"interrupted {self._reached()}") from None
        except BudgetSpent as error:
            raise explained(error, self._run.budget, self._course(error.budget, before)) from None
        finally:
            self._executor.close()

    def _score_seed(self) -> None:
        """Generation 0: each of its trials is recorded as soon as it is scored."""
        trials, known = self._schedule.trials(), self._records.seed_trials()
        todo = {number: trial for number, trial in enumerate(trials) if trial not in known}
        for number, trial in todo.items():
            self._executor.submit(number, self._schedule.of_seed(trial))
        for _ in todo:
            _, result_or_failure = self._message()
            self._records.add_trial(self._raised(result_or_failure, 0))
        self._records.add_seed(self._schedule.seed, trials)
        self._observer.recorded(*self._records.last())

    def _submit(self) -> None:
        """Order all that follows from what is recorded, as far as budgets go."""
        done = self._records.done
        for index in range(done + 1, self._schedule.last(done) + 1):
            if index in self._pending or self._over(index):
                continue
            order = self._schedule.order(index, self._watch.elapsed_s())
            parent = order.program if isinstance(order, Evaluate) else order.parents[0]
            self._observer.started(index, parent.digest)
            self._pending[index] = order
            self._executor.submit(index, order)

    def _record(self, index: int) -> None:
        """The result of generation `index`, when it comes: those after it wait for their turn."""
        if index not in self._pending and (over := self._over(index)):
            raise over
        while index not in self._results:
            number, result_or_failure = self._message()
            self._results[number] = result_or_failure
        result, order = self._raised(self._results.pop(index), index), self._pending.pop(index)
        if isinstance(order, Evaluate):
            self._records.add_evaluated(index, order, result)
        else:
            assert isinstance(result, Proposed), "what was ordered"
            self._records.add(result)
        self._observer.recorded(*self._records.last())

    def _message(self) -> tuple[int, Result | Failed]:
        """The next result or failure of any order, and its number; what is waited for is told."""
        while isinstance(message := self._executor.next(), Waiting):
            index = message.number if self._records.seeded else 0
            self._observer.waiting(index, message.problem, message.delay_s)
        return message.number, message if isinstance(message, Failed) else message.result

    def _raised(self, result: Result | Failed, index: int) -> Result:
        return raised(result, index)

    def _over(self, index: int) -> BudgetSpent | None:
        return self._schedule.allowance(index, self._watch.elapsed_s()).used_up()

    def _reached(self) -> str:
        recorded = self._records.store.generations()  # the signal may have come between a record and its count
        return f"after generation {len(recorded) - 1}" if recorded else "before the seed was scored"

    def _course(self, budget: str, before: int) -> Course:
        """How far the run got, and what scoring its seed took of a budget."""
        done, planned = self._records.done, self._run.generations
        if not self._records.seeded:
            return Course(done, planned, done - before, None)
        spend = self._records.lineage.spend(0)
        seed = self._watch.laps.get(SEED, 0.0) if budget == "wall_s" else getattr(spend, budget)
        return Course(done, planned, done - before, seed)


def raised(result: Result | Failed, index: int) -> Result:
    """The result. Raises the failure; as Unavailable one of what stays away: then the run stops where it can
    be resumed."""
    if isinstance(result, Evaluated):
        return result
    error = result.error
    if isinstance(error, SandboxError | ProviderFailed) and not isinstance(error, TierMissing):
        raise Unavailable(f"generation {index}: {error}") from error
    raise error
