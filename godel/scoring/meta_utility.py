"""The utility of a self-edit: how well does this scaffold improve the downstream programs?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from godel.contract import Program, Score
from godel.errors import ScaffoldError
from godel.lineage import Trial
from godel.lineage.analysis.statistics import utility
from godel.scaffold import check_contract
from godel.scoring.evaluator import Evaluator, Scored
from godel.scoring.feedback import line, numbers
from godel.scoring.race import Race
from godel.scoring.workspace import Workspace

DESCRIPTION = """\
The program is a scaffold: its entry file offers improve(program, utility, model, rng) and
is itself written in Python. Its utility is how much better it makes other programs: the
mean normalised score of what it returns for each of several tasks, within a fixed number
of utility calls. 0 is no improvement, 1 is a published or strong reference."""


class MetaUtility:
    """The scaffold may try children before it hands one in (STOP's way). What it learns comes from seeds of the
    search split of its own, and is never recorded as a score. One that is behind the best so far is stopped early."""

    def __init__(self, evaluator: Evaluator, rounds: Sequence[Sequence[Trial]], workspace: Workspace) -> None:
        self.description, self.budget = DESCRIPTION, workspace.limits.self_calls
        self._evaluator, self._workspace = evaluator, workspace.inner("meta")
        self._race = Race([[trial._replace(seed=-1 - trial.seed) for trial in trials] for trials in rounds])

    def __call__(self, program: Program) -> Score:
        try:
            check_contract(program, "child")
        except ScaffoldError as error:
            return Score(-1.0, "contract", line(str(error)))
        with self._workspace.inner(program.digest) as workspace:
            scored, worth = self._race.run(lambda trials: self._evaluator.evaluate(workspace, program, trials))
        return combined(scored, worth)


def combined(scored: Sequence[Scored], worth: Mapping[Trial, float]) -> Score:
    """The mean, with that of each task and the first failure; it counts as one where nothing else came out."""
    failed = [each for each in scored if each.evaluation.failure]
    first = f"{failed[0].trial.task}: {failed[0].evaluation.failure}: {failed[0].detail}" if failed else ""
    failure = failed[0].evaluation.failure if len(failed) == len(scored) else None
    return Score(utility(worth), failure, line(first.removesuffix(": ")), by_task(worth))


def by_task(worth: Mapping[Trial, float]) -> dict[str, float]:
    """The mean score of each task."""
    scores: dict[str, list[float]] = {}
    for trial, score in worth.items():
        scores.setdefault(trial.task, []).append(score)
    return numbers({name: sum(values) / len(values) for name, values in scores.items()})
