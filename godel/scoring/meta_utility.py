"""The utility of a self-edit: how well does this scaffold improve the downstream programs?"""

from __future__ import annotations

from collections.abc import Sequence

from godel.contract import Program, Score
from godel.errors import ScaffoldError
from godel.lineage import Trial
from godel.scaffold import check_contract
from godel.scoring.evaluator import Evaluator
from godel.scoring.workspace import Workspace

DESCRIPTION = """\
The program is a scaffold: its entry file offers improve(program, utility, model, rng) and
is itself written in Python. Its utility is how much better it makes other programs: the
mean normalised score of what it returns for each of several tasks, within a fixed number
of utility calls. 0 is no improvement, 1 is a published or strong reference."""


class MetaUtility:
    """The scaffold may try children before it hands one in (STOP's way). What it learns
    comes from seeds of the search split of its own, and is never recorded as a score."""

    def __init__(self, evaluator: Evaluator, trials: Sequence[Trial], workspace: Workspace) -> None:
        self.description, self.budget = DESCRIPTION, workspace.limits.self_calls
        self._evaluator, self._workspace = evaluator, workspace.inner("meta")
        self._trials = [trial._replace(seed=-1 - trial.seed) for trial in trials]

    def __call__(self, program: Program) -> Score:
        try:
            check_contract(program, "child")
        except ScaffoldError:
            return Score(-1.0, "contract")
        with self._workspace.inner(program.digest) as workspace:
            scored = self._evaluator.evaluate(workspace, program, self._trials)
        return Score(sum(each.evaluation.score for each in scored) / len(scored))
