"""Does each record follow from those before it, under the run's own settings? Nothing is run for it.

Who changes a score and then makes the whole chain anew passes `Store.verify`. Here a gain has to be
that of the recorded scores, a status that of the gain, a score that of the value and the baselines,
a parent one that was kept, a seed the run's own. What only a sandbox can tell is `replay --verify`'s.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from godel.lineage import Evaluation, Generation, Split, Status
from godel.lineage.statistics import interval
from godel.lineage.store import Store
from godel.loop.worker import known
from godel.scoring.evaluator import Trial, trial_of
from godel.scoring.trials import differences
from godel.tasks import Task, TaskError

from .archive import KEPT
from .config import Run
from .policies import Differences
from .policies.acceptance import ACCEPTANCES
from .policies.chosen import pruning_of
from .policies.pruning import PRUNINGS
from .seeds import derive

CLOSE = 1e-9
"""How far a number may lie from what it follows from: sums depend on their order."""

SCORED = {Status.ACCEPTED, Status.REJECTED, Status.HOPELESS}


def findings(store: Store, run: Run, tasks: Mapping[str, Task]) -> Iterator[str]:
    """One line for each record that does not follow. Raises StoreDamaged where one can't be read."""
    made = store.generations()
    evaluations = store.evaluations()
    yield from _scores(store, run, tasks, evaluations)
    search: dict[str, dict[Trial, float]] = {}
    for each in evaluations:
        if each.split is Split.SEARCH:
            search.setdefault(each.tree, {})[trial_of(each)] = each.score
    reached = Counter(each.child for each in made if each.status in SCORED)
    # Where two workers made one tree at a time, who scored which trial is not recorded.
    scores = {tree: own for tree, own in search.items() if reached[tree] <= 1}
    yield from Check(store, run, scores).findings(made)


def _scores(store: Store, run: Run, tasks: Mapping[str, Task], evaluations: list[Evaluation]) -> Iterator[str]:
    """Each score is what its value is worth between the two baselines."""
    baselines: dict[Trial, tuple[float, float] | None] = {}
    for number, each in enumerate(evaluations, 1):
        what = f"row {number} of evaluations ({each.task} seed {each.seed})"
        task, trial = tasks.get(each.task), trial_of(each)
        if task is None or each.task_version != task.version:
            yield f"{what}: no such task in this run"
            continue
        if trial not in baselines:
            fresh = derive(run.secret, each.task, str(each.split), each.seed, "fresh")
            baselines[trial] = store.baseline(task.version, fresh)
        expected = _worth(task, each.value, baselines[trial])
        if expected is None or abs(expected - each.score) > CLOSE:
            yield f"{what}: its score {each.score:.6g} does not follow from its value and the baselines"


def _worth(task: Task, value: float | None, baseline: tuple[float, float] | None) -> float | None:
    try:
        return (
            task.normalise(value, *(baseline or ((0.0, 1.0) if task.direction == "max" else (1.0, 0.0))))
            if (value is None or baseline)
            else None
        )
    except TaskError:
        return None


@dataclass
class Check:
    """Of the generations, in order: it knows which trees were kept so far."""

    store: Store
    run: Run
    scores: Mapping[str, Mapping[Trial, float]]
    kept: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """The policies that come with the laboratory; None for one from outside. Raises UsageError."""
        run, options, pruning = self.run, self.run.options, pruning_of(self.run)
        here = run.acceptance in ACCEPTANCES.shipped
        self.acceptance = ACCEPTANCES.make(run.acceptance, options.acceptance) if here else None
        self.pruning = PRUNINGS.make(pruning, options.pruning) if pruning in PRUNINGS.shipped else None

    def findings(self, made: list[Generation]) -> Iterator[str]:
        for each in made:
            problems = self._seed(each) if each.index == 0 else self._child(each)
            yield from (f"generation {each.index}: {problem}" for problem in problems)
            if each.status in KEPT and each.child:
                self.kept.add(each.child)

    def _seed(self, made: Generation) -> Iterator[str]:
        if (made.status, made.parent, made.child) != (Status.SEED, None, self.store.seed):
            yield "it is not the run's seed"

    def _child(self, made: Generation) -> Iterator[str]:
        if made.parent not in self.kept:
            yield f"its parent {str(made.parent)[:12]} was not kept before it"
        if made.proposer != (made.parent if self.run.proposer == "self" else self.store.seed):
            yield f"its proposer {str(made.proposer)[:12]} is not the one that the run has"
        if made.seed != derive(self.run.secret, self.run.seed, "propose", made.index):
            yield "its seed does not follow from the run's"
        if made.status is Status.SEED or (made.status is Status.FAILED) != (made.child is None):
            yield f"it can't have the status {made.status}"
        if made.status in SCORED:
            yield from self._decision(made)
        elif made.gain is not None:
            yield f"it has a gain and was never scored: {made.status}"

    def _decision(self, made: Generation) -> Iterator[str]:
        own, parents = self.scores.get(made.child or ""), self.scores.get(made.parent or "")
        if own is None or parents is None:
            return
        paired = differences(own, parents)
        if not paired:
            yield "it has no score on any trial of its parent"
            return
        mean, low, high, _ = interval(paired)
        for name, recorded, follows in (
            ("gain", made.gain, mean),
            ("low", made.gain_low, known(low)),
            ("high", made.gain_high, known(high)),
        ):
            if not _same(recorded, follows):
                yield f"its gain ({name}) {recorded} does not follow from the recorded scores, which give {follows}"
        if not self._ruled(made.status, paired):
            yield f"its status {made.status} does not follow from the recorded scores (mean difference {mean:+.4f})"

    def _ruled(self, status: Status, paired: Differences) -> bool:
        """Whether the run's policies come to `status`. One from outside is taken at its word: it is not imported
        for a look at a file."""
        if status is Status.HOPELESS:
            return self.pruning is None or bool(self.pruning.prune(paired))
        return self.acceptance is None or self.acceptance.decide(paired).accept == (status is Status.ACCEPTED)


def _same(recorded: float | None, follows: float | None) -> bool:
    if recorded is None or follows is None:
        return recorded is follows
    return math.isclose(recorded, follows, rel_tol=CLOSE, abs_tol=CLOSE)
