"""A synthetic population for `policies.py`: scaffolds whose worth and productivity are known, in a real lineage.

A blind edit breaks a scaffold (0.375), changes no score (0.35), or changes it; of these a share, the parent's own
`rate`, improves it, and the others make it a little worse. Improvements are exponential, in proportion to what is still
to be gained. A child inherits its parent's rate up to a random factor, and in a world where worth and productivity are
`aligned` the more it gained, the greater that is. Productivity is imp@10: what the best of ten children is expected to
gain, at least 0. A trial shows the worth plus noise, so that a pair of scaffolds differs by N(0, 0.29).
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from godel.contract import Program
from godel.lineage import Evaluation, Generation, Outcome, Ruling, Spend, Split, Trial, Verdict
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.analysis.prefix import Prefix
from godel.lineage.analysis.statistics import differences
from godel.policies.acceptance import ACCEPTANCES, Acceptance, Hypothesis
from godel.policies.pruning.least_gain import LeastGain
from godel.policies.selection import SELECTIONS, Evaluate, Selection, chosen
from godel.scoring.trials import doubling

BROKEN, NEUTRAL = 0.375, 0.35
DEVIATION, BOUND, TASKS = 0.29, 2.0, 4
GAIN, LOSS, RATE_SPREAD, MOST_RATE, K = 0.10, 0.03, 0.5, 0.25, 10


@dataclass(frozen=True)
class Scaffold:
    """`worth`: true utility, from 0 of the seed to 1; `rate`: of its children that are improved; `noise`: what a trial
    shows besides its worth is drawn from this, so that one whose scores did not change has the same."""

    tree: str
    worth: float
    rate: float
    noise: str
    size: int = 1000

    @property
    def productivity(self) -> float:
        """Expected gain of the best of K children, at least 0: the greatest of K exponential gains, each there with
        the probability `rate`."""
        rate = self.rate * (1 - BROKEN - NEUTRAL)
        return (1 - self.worth) * GAIN * sum((1 - (1 - rate) ** each) / each for each in range(1, K + 1))

    def score(self, trial: Trial) -> float:
        return self.worth + random.Random(f"{self.noise} {trial}").gauss(0, DEVIATION / math.sqrt(2))


@dataclass(frozen=True)
class World:
    """How its runs go. `aligned`: how much a gain in worth raises the logarithm of the rate."""

    name: str
    aligned: float
    acceptance: str
    seeds: int
    budget: int
    """Trials of a whole run, the seed's included."""


class Population(Lineage):
    """The lineage of one simulated run, with what is true of its scaffolds."""

    def __init__(self, world: World, run: int) -> None:
        super().__init__()
        self.world, self.spent, self._rng = world, 0, random.Random(f"{world} {run}")
        self.true = {"seed": Scaffold("seed", 0.0, 0.2, f"{run} seed")}
        self._record(Generation(0, (), "seed", None, Outcome.SEED), self.trials(world.seeds))

    def trials(self, seeds: int, first: int = 0) -> list[Trial]:
        return [Trial(f"task{task}", Split.SEARCH, seed) for seed in range(first, seeds) for task in range(TASKS)]

    def source(self, key: str) -> Program:
        return Program({"main.py": " " * self.true[key].size})

    def child(self, parent: str) -> Scaffold | None:
        """None where the edit broke it."""
        rng, before = self._rng, self.true[parent]
        drawn, tree, size = rng.random(), f"s{len(self)}", max(1, before.size + rng.randint(-30, 40))
        if drawn < BROKEN:
            return None
        if drawn < BROKEN + NEUTRAL:
            return replace(before, tree=tree, size=size)
        better = rng.random() < before.rate
        gain = (1 - before.worth) * rng.expovariate(1 / GAIN) if better else -rng.expovariate(1 / LOSS)
        rate = before.rate * math.exp(rng.gauss(0, RATE_SPREAD) + self.world.aligned * gain)
        return Scaffold(tree, before.worth + gain, min(MOST_RATE, rate), f"{before.noise} {tree}", size)

    def expand(self, parents: Sequence[str], acceptance: Acceptance) -> None:
        child = self.child(parents[0])
        if child is None:
            self._record(Generation(len(self), tuple(parents), None, parents[0], Outcome.REFUSED), [])
            return
        self.true[child.tree] = child
        trials, outcome, verdict = self.ruled(child, parents[0], acceptance)
        ruling = Ruling(len(self), verdict, "acceptance:", after=len(self))
        made = Generation(len(self), tuple(parents), child.tree, parents[0], outcome, rulings=(ruling,))
        self._record(made, trials)

    def ruled(self, child: Scaffold, parent: str, acceptance: Acceptance) -> tuple[list[Trial], Outcome, Verdict]:
        """What it is scored on, and what comes of it: with early looks, unless all are kept."""
        before, pruning = self.scores(parent), LeastGain(0.03)
        looks = [look.stop for look in doubling(self.world.seeds)]
        for seeds in looks[-1:] if self.world.acceptance == "any" else looks:
            trials = self.trials(seeds)
            pairs = differences({trial: child.score(trial) for trial in trials}, before)
            if seeds < self.world.seeds and pruning.prune(pairs):
                return trials, Outcome.STOPPED, Verdict.REJECTED
        return trials, Outcome.SCORED, acceptance.decide(pairs, Hypothesis(len(self), BOUND)).verdict

    def evaluate(self, tree: str, count: int) -> None:
        """So many further trials of it."""
        known = self.scores(tree)
        more = [trial for trial in self.trials(len(known) + count) if trial not in known][:count]
        self._record(Generation(len(self), (tree,), None, None, Outcome.EVALUATED), more)

    def _record(self, made: Generation, trials: Sequence[Trial]) -> None:
        self.spent += len(trials)
        scaffold = self.true[made.child or made.parents[0]]
        made = replace(made, spend=Spend(evaluations=len(trials)))
        self.add(made, [evaluation(scaffold, trial) for trial in trials])


def evaluation(scaffold: Scaffold, trial: Trial) -> Evaluation:
    score = scaffold.score(trial)
    return Evaluation(scaffold.tree, trial.task, "v", trial.split, trial.seed, score, score, None, "p")


def lived(world: World, selection: str | Selection, run: int) -> Iterator[tuple[Population, str]]:
    """A run from its seed until its budget is spent, generation by generation; and whose child was made, or "" where
    one was evaluated further."""
    policy = SELECTIONS.make(selection) if isinstance(selection, str) else selection
    population, acceptance = Population(world, run), ACCEPTANCES.make(world.acceptance)
    rng = random.Random(f"{world} {run} {selection}")
    while population.spent < world.budget:
        answer = chosen(policy, Prefix(population, len(population) - 1), rng)
        if isinstance(answer, Evaluate):
            population.evaluate(answer.tree, answer.trials)
            yield population, ""
        else:
            population.expand(answer.parents, acceptance)
            yield population, answer.parents[0]
