"""Does each record follow from those before it, under the run's own settings? Nothing is run for it.

Who changes a score and then makes the whole chain anew passes `Store.verify`. Here a gain has to be
that of the recorded scores, a status that of the gain, a score that of the value and the baselines,
a parent one that was kept, a seed the run's own. What only a sandbox can tell is `replay --verify`'s.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from godel.lineage import RULED, Evaluation, Evidence, Generation, Outcome, Ruling, Split, Trial, Verdict
from godel.lineage.analysis.statistics import differences, interval
from godel.lineage.records.events import Measured, MeasuringBegun
from godel.lineage.records.ruling import ACCEPTANCE, PRUNING
from godel.lineage.store import Store
from godel.lineage.store.recorded import intact
from godel.loop.worker import known
from godel.tasks import Task, TaskError
from godel.tasks.record import from_bytes

from .config import Run
from .loop.crosser import CROSSER
from .loop.hypotheses import hypothesis
from .policies import Differences
from .policies.acceptance import ACCEPTANCES, Hypothesis
from .policies.chosen import pruning_of
from .policies.pruning import PRUNINGS
from .seeds import derive

CONSISTENT = "consistent-2"
"""What a file without findings is remembered as. Another number where more is looked for."""

CLOSE = 1e-9
"""How far a number may lie from what it follows from: sums depend on their order."""

CHILDLESS = {Outcome.FAILED}


def findings(store: Store, run: Run, tasks: Mapping[str, Task]) -> Iterator[str]:
    """One line for each record that does not follow. Raises StoreDamaged where one can't be read."""
    made = store.generations()
    evaluations = store.evaluations()
    yield from _scores(store, run, _by_version(tasks.values()), evaluations, "row {} of evaluations")
    measured = [each.evaluation for each in store.happened(Measured)]
    yield from _scores(store, run, _by_version(_targets(store)), measured, "measurement {}")
    search: dict[str, dict[Trial, float]] = {}
    for each in evaluations:
        if each.split is Split.SEARCH:
            search.setdefault(each.tree, {})[each.trial] = each.score
    reached = Counter(each.child for each in made if each.outcome in RULED)
    # Where two workers made one tree at a time, who scored which trial is not recorded; and one that was evaluated
    # further has more scores now than its ruling rests on.
    later = {each.parent for each in made if each.outcome is Outcome.EVALUATED}
    scores = {tree: own for tree, own in search.items() if reached[tree] <= 1 and tree not in later}
    yield from Check(store, run, scores).findings(made)


def _targets(store: Store) -> list[Task]:
    """What scaffolds were measured on outside of the loop. Raises StoreDamaged."""
    keys = dict.fromkeys(target.task for begun in store.happened(MeasuringBegun) for target in begun.targets)
    with intact(store.path, "the record of its targets"):
        return [from_bytes(store.blob(key)) for key in keys]


def _by_version(tasks: Iterable[Task]) -> dict[tuple[str, str], Task]:
    """Two folders that hold the same are of one version, and yet two tasks."""
    return {(each.name, each.version): each for each in tasks}


def _scores(
    store: Store, run: Run, tasks: Mapping[tuple[str, str], Task], evaluations: Sequence[Evaluation], what: str
) -> Iterator[str]:
    """Each score is what its value is worth between the two baselines. `tasks`: by name and version; `what`: how a
    record is called, with its number."""
    baselines: dict[tuple[str, int], tuple[float, float] | None] = {}
    for number, each in enumerate(evaluations, 1):
        named = f"{what.format(number)} ({each.task} seed {each.seed})"
        task = tasks.get((each.task, each.task_version))
        if task is None:
            yield f"{named}: no such task in this run"
            continue
        instance = (task.version, derive(run.secret, each.task, str(each.split), each.seed, "fresh"))
        if instance not in baselines:
            baselines[instance] = store.baseline(*instance)
        expected = _worth(task, each.value, baselines[instance])
        if expected is None or abs(expected - each.score) > CLOSE:
            yield f"{named}: its score {each.score:.6g} does not follow from its value and the baselines"


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
    """Of the generations, in order: it knows which of them made a tree."""

    store: Store
    run: Run
    scores: Mapping[str, Mapping[Trial, float]]
    made: dict[str, list[Generation]] = field(default_factory=lambda: defaultdict(list))

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
            yield from (f"generation {each.index}: {problem}" for problem in _order(each.rulings, made[-1].index))
            if each.child:
                self.made[each.child].append(each)

    def _seed(self, made: Generation) -> Iterator[str]:
        if (made.outcome, made.parents, made.child) != (Outcome.SEED, (), self.store.seed):
            yield "it is not the run's seed"

    def _child(self, made: Generation) -> Iterator[str]:
        for parent in made.parents or (None,):
            if not self._kept(parent, made.index - self.run.workers):
                yield f"its parent {str(parent)[:12]} was not kept before it"
        if made.outcome is Outcome.EVALUATED:
            yield from self._further(made)
            return
        if made.proposer not in self._proposers(made):
            yield f"its proposer {str(made.proposer)[:12]} is not the one that the run has"
        if made.seed != derive(self.run.secret, self.run.seed, "propose", made.index):
            yield "its seed does not follow from the run's"
        if made.outcome is Outcome.SEED or (made.outcome in CHILDLESS) != (made.child is None):
            yield f"it can't have the outcome {made.outcome}"
        for ruling in made.rulings:
            if not ruling.by_person:
                yield from self._ruling(made, ruling)

    def _proposers(self, made: Generation) -> Iterator[str | None]:
        """Who may have proposed its child."""
        yield made.parent if self.run.proposer == "self" else self.store.seed
        if self.run.crossover and self.run.crossed_by == "lab" and len(made.parents) > 1:
            yield CROSSER.digest

    def _further(self, made: Generation) -> Iterator[str]:
        """Nobody proposes anything, and there is no child to rule on."""
        if made.child or made.rulings or made.proposer or len(made.parents) != 1:
            yield "it can't have the outcome evaluated"

    def _kept(self, tree: str | None, upto: int) -> bool:
        """Whether it may have been chosen from the records up to generation `upto`."""
        return any(made.kept_after(max(0, upto)) for made in self.made.get(tree or "", ()))

    def _ruling(self, made: Generation, ruling: Ruling) -> Iterator[str]:
        """A policy's own has to follow from the scores; what a person says is taken as it is."""
        if ruling.by != self._judge(made):
            yield f"{ruling.by!r} rules on it, which is neither a policy of this run nor a person"
        own, parents = self.scores.get(made.child or ""), self.scores.get(made.parent or "")
        if own is None or parents is None:
            return
        paired = differences(own, parents)
        if not paired:
            yield "it has no score on any trial of its parent"
            return
        mean, low, high, pairs = interval(paired)
        yield from _evidence(ruling.evidence, Evidence(mean, known(low), known(high), pairs))
        case = hypothesis(made.index, (parents[trial] for trial in own.keys() & parents.keys()))
        if not self._follows(made, ruling, paired, case):
            yield f"its status {made.status} does not follow from the recorded scores (mean difference {mean:+.4f})"

    def _judge(self, made: Generation) -> str:
        """The policy of the run that rules on such a child."""
        if made.outcome is Outcome.STOPPED:
            return f"{PRUNING}{pruning_of(self.run)}"
        return f"{ACCEPTANCE}{self.run.acceptance}"

    def _follows(self, made: Generation, ruling: Ruling, paired: Differences, case: Hypothesis) -> bool:
        """Whether the run's policies come to this verdict. One from outside is taken at its word: it is not imported
        for a look at a file."""
        if made.outcome is Outcome.STOPPED:
            stopped = self.pruning is None or bool(self.pruning.prune(paired))
            return stopped and ruling.verdict is Verdict.REJECTED
        if self.acceptance is None:
            return True
        return self.acceptance.decide(paired, case).verdict is ruling.verdict


def _order(rulings: Sequence[Ruling], last: int) -> Iterator[str]:
    """The first ruling comes with the child, each later one after the one before, none after the last generation."""
    made_at = [each.after for each in rulings]
    if made_at and (made_at[0] != rulings[0].generation or made_at != sorted(made_at) or made_at[-1] > last):
        yield f"its rulings are not in the order in which they can have been made ({made_at})"


def _evidence(recorded: Evidence | None, follows: Evidence) -> Iterator[str]:
    for name, expected in vars(follows).items():
        actual = getattr(recorded, name, None)
        if not _same(actual, expected):
            yield f"its gain ({name}) {actual} does not follow from the recorded scores, which give {expected}"


def _same(recorded: float | None, follows: float | None) -> bool:
    if recorded is None or follows is None:
        return recorded is follows
    return math.isclose(recorded, follows, rel_tol=CLOSE, abs_tol=CLOSE)
