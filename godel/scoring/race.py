"""Racing: a program that is behind the best so far is not scored on the trials that are left."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from godel.lineage import Trial
from godel.lineage.analysis.statistics import differences, interval, utility
from godel.scoring.evaluator import Scored

ONE_ERROR = 0.68
"""The confidence of an interval of one standard error to either side, where there are pairs enough."""


@dataclass
class Race:
    """Programs are scored round after round, each paired with the best of those before it.

    One that is behind by more than a standard error is stopped, as in F-Race (Birattari and others, GECCO 2002): that
    finds the best nearly as often as scoring all in full does, for two thirds of the trials or fewer
    (`benchmarks/races.py`). What is told of one that was stopped
    is what the best is worth plus its mean difference to that: so programs that were scored on more and on fewer
    trials can be compared, and none that was stopped is above the best of then. Every round has the same tasks."""

    rounds: Sequence[Sequence[Trial]]
    best: Mapping[Trial, float] = field(default_factory=dict)

    def run(self, score: Callable[[Sequence[Trial]], list[Scored]]) -> tuple[list[Scored], Mapping[Trial, float]]:
        """What was scored of a program, and what it is told to be worth on every trial of the race."""
        scored: list[Scored] = []
        for trials in self.rounds:
            scored += score(trials)
            own = {each.trial: each.evaluation.score for each in scored}
            if self._behind(own) or all(each.evaluation.failure for each in scored):
                return scored, own | self._moved(own)
        if not self.best or utility(own) > utility(self.best):
            self.best = own
        return scored, own

    def _behind(self, own: Mapping[Trial, float]) -> bool:
        return bool(self.best) and interval(differences(own, self.best), ONE_ERROR).high <= 0

    def _moved(self, own: Mapping[Trial, float]) -> dict[Trial, float]:
        """On the trials that were not run: the best's scores, moved by the mean difference on their task."""
        by_task = {task: sum(values) / len(values) for task, values in differences(own, self.best).items()}
        return {trial: score + by_task[trial.task] for trial, score in self.best.items() if trial not in own}
