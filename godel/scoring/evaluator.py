"""How good a scaffold is: let it improve each task's initial program, then score what it made.

While it searches it sees the warm bench and instances made for that. What it hands in is
scored on a fresh bench, on an instance whose seed leaves the host only then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

from godel import config
from godel.contract import Program, Score
from godel.gateway import Gateway, Line
from godel.gateway.budgets import NestedBudget
from godel.ledger import Charge, free
from godel.lineage import Evaluation, Judged, Spend, Split
from godel.sandbox.channel import Session
from godel.scoring.bench import Bench, Judge, Outcome
from godel.scoring.improvement import SCAFFOLD, Improvement, improve
from godel.scoring.pool import Pool
from godel.scoring.references import Baselines
from godel.seeds import derive
from godel.tasks import FLOOR, Task


class Trial(NamedTuple):
    """One task with one seed on one split. Two scaffolds' scores on it are a pair."""

    task: str
    split: Split
    seed: int


def seeds_of(secret: str, trial: Trial) -> tuple[int, int, int]:
    """The seeds of (the instance that a scaffold may learn from, the instance that scores it, its
    own randomness). The same for every scaffold, so that scores are paired."""
    purpose = (trial.task, str(trial.split), trial.seed)
    visible, fresh, rng = (derive(secret, *purpose, use) for use in ("visible", "fresh", "rng"))
    return visible, fresh, rng


Replies = Mapping[Trial, Sequence[dict[str, Any]]]
"""By trial, every reply that an improve was sent."""


def trial_of(evaluation: Evaluation) -> Trial:
    return Trial(evaluation.task, evaluation.split, evaluation.seed)


class TaskUtility:
    """A task's score on an instance that the scaffold may learn from, on a warm bench.

    `known`: scores that were measured before on this very instance, by digest. Such a program is
    not run again, unless the task goes by the wall clock; what is run is counted in `spend`.
    """

    def __init__(
        self,
        task: Task,
        seed: int,
        budget: int,
        bench: Bench,
        baselines: Baselines,
        known: Mapping[str, Score] = {},
        charge: Charge = free,
    ) -> None:
        self.description, self.budget = task.description, budget
        self._task, self._seed, self._bench, self._baselines = task, seed, bench, baselines
        self._known, self._charge = dict(known), charge
        self.spend = Spend()

    def __call__(self, program: Program) -> Score:
        if self._task.timed or program.digest not in self._known:
            outcome = self._bench.evaluate(self._task, program, self._seed, recorded=False)
            self._known[program.digest] = score(self._task, outcome, self._seed, self._baselines)
            spend = Spend(evaluations=1, cpu_s=outcome.cost_s + self._baselines.bill())
            self.spend += spend
            self._charge(spend)
        return self._known[program.digest]


def score(task: Task, outcome: Outcome, seed: int, baselines: Baselines) -> Score:
    """The outcome on RE-Bench's scale; a failure is the floor and says so."""
    if outcome.value is None:
        return Score(FLOOR, outcome.failure or "failed")
    return Score(task.normalise(outcome.value, *baselines.of(task, seed)))


def scores_in(replies: Sequence[dict[str, Any]]) -> dict[str, Score]:
    """By digest of the program, the scores that were heard."""
    return {each["request"]: Score(each["score"], each["failure"]) for each in replies if "score" in each}


@dataclass(frozen=True)
class Assessed:
    """One evaluation with what it takes to replay it."""

    evaluation: Evaluation
    program: Program | None
    transcript: tuple[dict[str, Any], ...]

    @property
    def trial(self) -> Trial:
        return trial_of(self.evaluation)


class Desk:
    """The sandboxes of one scaffold under assessment: one for its improves, a warm bench
    to search on, and a fresh one that scores what it hands in. `spent`: all that was charged there;
    `place`: its name in the run, under which calls to a model are recorded."""

    def __init__(self, pool: Pool, judge: Judge, charge: Charge, place: str, lines: Lines) -> None:
        self._pool, self._charge, self.place, self._lines = pool, charge, place, lines
        self.spent = Spend()
        self._session: Session | None = None
        self.warm, self.fresh = Bench(pool, judge), Bench(pool, judge)

    def charge(self, spend: Spend) -> None:
        self.spent += spend
        self._charge(spend)

    def line(self, purpose: str, seed: int, model: str = "") -> Line:
        """A line to the run's models for one improve; `purpose` is its name at this desk."""
        return self._lines.open(f"{self.place}/{purpose}", seed, self.charge, model)

    def scaffold(self) -> Session:
        """The scaffold's sandbox; a new one if the last improve took it down with it."""
        if self._session and self._session.dead:
            self._pool.give_up(self._session)
            self._session = None
        if self._session is None:
            self._session = self._pool.take(SCAFFOLD)
        return self._session

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.warm.close()
        self.fresh.close()
        if self._session:
            self._pool.give_up(self._session)


class Lines:
    """Lines to the gateway: each improve of one desk has a budget, and they share another."""

    def __init__(self, gateway: Gateway, improve: config.ModelBudget, generation: config.ModelBudget) -> None:
        self._gateway, self._improve, self._within = gateway, improve, NestedBudget(generation)

    def open(self, place: str, seed: int, charge: Charge, model: str) -> Line:
        return self._gateway.line(place, seed, NestedBudget(self._improve, self._within), charge, model)


class Assessor:
    """Assesses scaffolds on trials. One a thread; its judge stays, its desks don't."""

    def __init__(
        self,
        pool: Pool,
        tasks: Mapping[str, Task],
        limits: config.Improve,
        secret: str,
        baselines: Baselines,
        gateway: Gateway,
        generation: config.ModelBudget,
    ) -> None:
        self.pool, self.tasks, self.limits, self.secret = pool, tasks, limits, secret
        self.baselines, self._gateway, self._generation = baselines, gateway, generation
        self.judge = Judge(pool)
        self._identity = pool.tier.identity()

    def desk(self, place: str, charge: Charge = free) -> Desk:
        lines = Lines(self._gateway, self.limits.model, self._generation)
        return Desk(self.pool, self.judge, charge, place, lines)

    def close(self) -> None:
        self.judge.close()

    def assess(
        self,
        desk: Desk,
        scaffold: Program,
        trials: Sequence[Trial],
        replies: Replies | None = None,
        heard: Replies | None = None,
    ) -> list[Assessed]:
        """Evaluate `scaffold` on every trial. With `replies`, its improves hear the recorded
        words instead of measuring. What its parent `heard` of a program is not measured again."""
        recorded, before = replies or {}, heard or {}
        made = [
            (trial, self._improve(desk, scaffold, trial, recorded.get(trial), before.get(trial, ())))
            for trial in trials
        ]
        # Every product is frozen before the first of them is scored.
        return [self._evaluate(desk, scaffold, trial, improvement) for trial, improvement in made]

    def measure(self, trials: Sequence[Trial]) -> None:
        """What 0 and 1 mean on the instances that score these trials. Raises JudgeFailed or TaskError
        for a task whose own programs fail, before any scaffold is blamed for it."""
        for trial in trials:
            self.baselines.of(self.tasks[trial.task], self.seeds(trial)[1])

    def seeds(self, trial: Trial) -> tuple[int, int, int]:
        return seeds_of(self.secret, trial)

    def _improve(
        self,
        desk: Desk,
        scaffold: Program,
        trial: Trial,
        recorded: Sequence[dict[str, Any]] | None,
        heard: Sequence[dict[str, Any]],
    ) -> Improvement:
        task = self.tasks[trial.task]
        visible, _, rng = self.seeds(trial)
        budget = self.limits.costly_calls if task.stage else self.limits.calls
        known = scores_in(heard)
        utility = TaskUtility(task, visible, budget, desk.warm, self.baselines, known, desk.charge)
        line = desk.line(f"{trial.task}/{trial.split}/{trial.seed}", rng)
        made = improve(desk.scaffold, scaffold, task.initial, utility, line, rng, self.limits, recorded)
        desk.charge(made.spend)
        return replace(made, spend=made.spend + utility.spend + line.spend)

    def _evaluate(self, desk: Desk, scaffold: Program, trial: Trial, made: Improvement) -> Assessed:
        task, (_, seed, _) = self.tasks[trial.task], self.seeds(trial)
        outcome = Outcome(None, f"improve: {made.failure}", made.detail)
        if made.program is not None:
            outcome = desk.fresh.evaluate(task, made.program, seed, recorded=True)
        value = float(score(task, outcome, seed, self.baselines))
        spend = self._charged(desk, outcome)
        judged, cost = self._hidden_scores(desk, task, seed, made)
        evaluation = Evaluation(
            tree=scaffold.digest,
            task=task.name,
            task_version=task.version,
            split=trial.split,
            seed=trial.seed,
            score=value,
            value=outcome.value,
            failure=outcome.failure,
            program=made.program.digest if made.program else "",
            spend=made.spend + spend + cost,
            limits={"cpu_s": task.cpu_s, "wall_s": task.wall_s, "memory_bytes": task.memory_bytes},
            tier=self.pool.tier.name,
            image=self._identity,
            flags=outcome.flags,
            judged=judged,
        )
        return Assessed(evaluation, made.program, made.transcript)

    def _hidden_scores(self, desk: Desk, task: Task, seed: int, made: Improvement) -> tuple[tuple[Judged, ...], Spend]:
        """What the drafts that the scaffold judged itself are worth, on the instance that scores it."""
        found, total = [], Spend()
        for draft, said in made.judged:
            outcome = desk.fresh.evaluate(task, draft, seed, recorded=False)
            found.append(Judged(said, float(score(task, outcome, seed, self.baselines))))
            total += self._charged(desk, outcome)
        return tuple(found), total

    def _charged(self, desk: Desk, outcome: Outcome) -> Spend:
        """What an evaluation cost, and what was measured for it, once the desk has been told of it."""
        cpu_s = outcome.cost_s + self.baselines.bill()
        spend = Spend(evaluations=1, cpu_s=cpu_s, wall_s=outcome.wall_s)
        desk.charge(spend)
        return spend
