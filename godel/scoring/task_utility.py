"""A task as a utility: its score on an instance that a scaffold may learn from, on a warm bench."""

from __future__ import annotations

from collections.abc import Mapping

from godel.contract import Program, Score
from godel.lineage import Spend
from godel.scoring import feedback
from godel.scoring.bench import Outcome
from godel.scoring.references import Used
from godel.scoring.workspace import Workspace
from godel.tasks import FLOOR, Task


class TaskUtility:
    """`known`: scores that were measured before on this very instance, by digest. Such a program is
    not run again, unless the task goes by the wall clock; what is run is counted in `spend`."""

    def __init__(self, task: Task, seed: int, workspace: Workspace, known: Mapping[str, Score] = {}) -> None:
        limits = workspace.limits
        self.description = task.description
        self.budget = limits.costly_calls if task.stage else limits.calls
        self.spend = Spend()
        self._task, self._seed, self._workspace, self._known = task, seed, workspace, dict(known)

    def __call__(self, program: Program) -> Score:
        if self._task.timed or program.digest not in self._known:
            self._known[program.digest] = self._measured(program)
        return self._known[program.digest]

    def _measured(self, program: Program) -> Score:
        references = self._workspace.references
        outcome = self._workspace.warm.evaluate(self._task, program, self._seed, recorded=False)
        measured = score(self._task, outcome, self._seed, references)
        spend = Spend(evaluations=1, cpu_s=outcome.cost_s + references.bill())
        self.spend += spend
        self._workspace.charge(spend)
        return measured


def score(task: Task, outcome: Outcome, seed: int, references: Used) -> Score:
    """The outcome on RE-Bench's scale; a failure is the floor and says so. What else it says is for whoever may learn
    from the instance."""
    if outcome.value is None:
        return Score(FLOOR, outcome.failure or "failed", feedback.detail(task, outcome))
    value = task.normalise(outcome.value, *references.of(task, seed))
    return Score(value, numbers=feedback.numbers(outcome.numbers))
