"""How good a scaffold is: let it improve each task's initial program, then score what it made.

While it searches it sees the warm bench and instances made for that. What it hands in is
scored on a fresh bench, on an instance whose seed leaves the host only then.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from godel.constants import Searcher
from godel.contract import Program, Score
from godel.lineage import Evaluation, Judged, Replies, Spend, Trial
from godel.sandbox.guest.messages import ScoreReply, answer_from_json
from godel.scoring import feedback
from godel.scoring.bench import Outcome
from godel.scoring.improvement import Improve, Improvement
from godel.scoring.task_utility import TaskUtility, score
from godel.scoring.workspace import Workspace
from godel.seeds import derive
from godel.tasks import Task


class InstanceSeeds(NamedTuple):
    """The seeds of one trial: of the instance that a scaffold may learn from, of the one that scores it, and
    of its own randomness."""

    visible: int
    fresh: int
    rng: int

    @property
    def instances(self) -> tuple[int, int]:
        return self.visible, self.fresh


def seeds_of(secret: str, trial: Trial) -> InstanceSeeds:
    """The same for every scaffold, so that scores are paired."""
    purpose = (trial.task, str(trial.split), trial.seed)
    return InstanceSeeds(*(derive(secret, *purpose, use) for use in InstanceSeeds._fields))


Known = Mapping[str, Score]
"""By digest of the program, scores on the instance that a trial's scaffold may learn from."""


def scores_in(replies: Replies) -> dict[str, Score]:
    """By digest of the program, the scores that were told."""
    answers = [answer_from_json(each) for each in replies if "score" in each]
    return {answer.request: answer.value for answer in answers if isinstance(answer, ScoreReply)}


@dataclass(frozen=True)
class Scored:
    """One evaluation, what came out of it, what its improve was told, and the end of what that printed."""

    evaluation: Evaluation
    program: Program | None
    replies: tuple[Mapping[str, Any], ...]
    log: str = ""
    detail: str = ""
    """Why it failed, for whoever may learn from the instance that scored it: neither recorded nor sent."""

    @property
    def trial(self) -> Trial:
        return self.evaluation.trial


@dataclass(frozen=True)
class Evaluator:
    """Evaluates scaffolds on trials. `secret`: the run's, which instances follow from; `tier` and `image`: where
    that is done, as it is recorded. `searcher`: who improves programs in the place of scaffolds, if anybody."""

    tasks: Mapping[str, Task]
    secret: str
    tier: str
    image: str
    searcher: Searcher | None = None

    def evaluate(
        self,
        workspace: Workspace,
        scaffold: Program,
        trials: Sequence[Trial],
        replies: Mapping[Trial, Replies] | None = None,
        known: Mapping[Trial, Known] | None = None,
    ) -> list[Scored]:
        """Evaluate `scaffold` on every trial. With `replies`, its improves are told these instead of measuring.
        What is `known` of a program is not measured again."""
        told, before = replies or {}, known or {}
        made = [
            (trial, self._improve(workspace, scaffold, trial, told.get(trial), before.get(trial, {})))
            for trial in trials
        ]
        # Every product is frozen before the first of them is scored.
        return [self._score(workspace, scaffold, trial, improvement) for trial, improvement in made]

    def measure(self, workspace: Workspace, trials: Sequence[Trial]) -> None:
        """What 0 and 1 mean on the instances that score these trials. Raises JudgeFailed or TaskError
        for a task whose own programs fail, before any scaffold is blamed for it."""
        for trial in trials:
            workspace.references.of(self.tasks[trial.task], seeds_of(self.secret, trial).fresh)

    def _improve(
        self, workspace: Workspace, scaffold: Program, trial: Trial, replies: Replies | None, known: Known
    ) -> Improvement:
        task, seeds = self.tasks[trial.task], seeds_of(self.secret, trial)
        workspace.warm.begin_search()
        utility = TaskUtility(task, seeds.visible, workspace, known)
        if self.searcher:
            return searched(self.searcher, task.initial, utility, random.Random(seeds.rng))
        line = workspace.line(f"{trial.task}/{trial.split}/{trial.seed}", seeds.rng)
        made = workspace.improve(Improve(scaffold, task.initial, utility, line, seeds.rng, workspace.limits, replies))
        return replace(made, spend=made.spend + utility.spend + line.spend)

    def _score(self, workspace: Workspace, scaffold: Program, trial: Trial, made: Improvement) -> Scored:
        task, seed = self.tasks[trial.task], seeds_of(self.secret, trial).fresh
        outcome = Outcome(None, f"improve: {made.failure}", made.detail)
        if made.program is not None:
            outcome = workspace.fresh.evaluate(task, made.program, seed, recorded=True)
        value = float(score(task, outcome, seed, workspace.references))
        spend = charged(workspace, outcome)
        judged, cost = _judged(workspace, task, seed, made)
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
            limits=task.limits,
            tier=self.tier,
            image=self.image,
            flags=outcome.flags,
            judged=judged,
        )
        return Scored(evaluation, made.program, made.transcript, made.log, detail(task, made, outcome))


def searched(searcher: Searcher, program: Program, utility: TaskUtility, rng: random.Random) -> Improvement:
    """What a searcher makes of a program. It is ours, and runs here; what it tries runs in sandboxes."""
    began = time.thread_time()
    found = searcher(program, utility, utility.budget, rng)
    return Improvement(found, spend=utility.spend + Spend(cpu_s=time.thread_time() - began))


def _judged(workspace: Workspace, task: Task, seed: int, made: Improvement) -> tuple[tuple[Judged, ...], Spend]:
    """What the drafts that the scaffold judged itself are worth, on the instance that scores it; it never sees that."""
    judged, total = [], Spend()
    for draft, judgement in made.judged:
        outcome = workspace.fresh.evaluate(task, draft, seed, recorded=False)
        judged.append(Judged(judgement, float(score(task, outcome, seed, workspace.references))))
        total += charged(workspace, outcome)
    return tuple(judged), total


def charged(workspace: Workspace, outcome: Outcome) -> Spend:
    """What an evaluation cost, and what was measured for it, once the workspace has been told of it."""
    cpu_s = outcome.cost_s + workspace.references.bill()
    spend = Spend(evaluations=1, cpu_s=cpu_s, wall_s=outcome.wall_s)
    workspace.charge(spend)
    return spend


def detail(task: Task, made: Improvement, outcome: Outcome) -> str:
    """Why a trial failed, in a line: why the improve did, or why its product did."""
    return feedback.line(made.detail) if made.program is None else feedback.detail(task, outcome)
