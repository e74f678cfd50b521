"""The utility of a self-edit: how well does this scaffold improve the downstream programs?"""

from __future__ import annotations

from collections.abc import Sequence

from godel.contract import Program, Score
from godel.errors import ScaffoldError
from godel.ledger import Charge
from godel.scaffold import check_contract
from godel.scoring.evaluator import Assessor, Trial

DESCRIPTION = """\
The program is a scaffold: its entry file offers improve(program, utility, model, rng) and
is itself written in Python. Its utility is how much better it makes other programs: the
mean normalised score of what it returns for each of several tasks, within a fixed number
of utility calls. 0 is no improvement, 1 is a published or strong reference."""


class MetaUtility:
    """The scaffold may try children before it hands one in (STOP's way). What it learns
    comes from seeds of the search split of its own, and is never recorded as a score."""

    def __init__(self, assessor: Assessor, trials: Sequence[Trial], budget: int, place: str, charge: Charge) -> None:
        self.description, self.budget = DESCRIPTION, budget
        self._assessor, self._place, self._charge = assessor, place, charge
        self._trials = [trial._replace(seed=-1 - trial.seed) for trial in trials]

    def __call__(self, program: Program) -> Score:
        try:
            check_contract(program, "child")
        except ScaffoldError:
            return Score(-1.0, "contract")
        with self._assessor.desk(f"{self._place}/{program.digest}", self._charge) as desk:
            assessed = self._assessor.assess(desk, program, self._trials)
        return Score(sum(each.evaluation.score for each in assessed) / len(assessed))
