"""What the arms of a study came to, read from their runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from godel.config import Run
from godel.credit.session import outside
from godel.credit.targets import targets
from godel.lineage import Spend, Split, Trial
from godel.lineage.analysis.imp import Gains, measurements
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.analysis.statistics import utility
from godel.lineage.records.events import Measured
from godel.lineage.store import Store
from godel.loop.run_folder import FILE
from godel.study.arms import Arm, handed_in

Scores = Mapping[Trial, float]


@dataclass(frozen=True)
class Result:
    """One arm. `search` is what its run spent, `measuring` what scoring what it handed in has cost. `proposals`: of
    every generation after the seed's, the scaffold, None where none came of it. `imp`: by target and instance, where
    it was measured."""

    name: str
    seed: int
    node: str
    generations: int
    kept: int
    depth: int
    search: Spend
    measuring: Spend
    held_out: Scores
    seed_held_out: Scores
    imp: Gains | None
    seed_imp: Gains | None
    proposals: Sequence[str | None]

    @property
    def utility(self) -> float:
        return utility(self.held_out)


def results(arm: Arm) -> list[Result]:
    """What it handed in, and what was measured beside it."""
    with Store.open(arm.folder / FILE) as store:
        lineage = Lineage.of(store)
        tree, seed = handed_in(lineage, arm.steps), lineage.resolve("seed")
        made = list(lineage.generations)
        held_out = [each for node in {tree, seed} for each in lineage.scored(node, Split.HELD_OUT)]
        probes = [each for each in lineage.measured if isinstance(each, Measured)]
        imp = _imp(arm, lineage)
        handed = Result(
            arm.name,
            arm.seed,
            tree,
            len(made) - 1,
            len(lineage.members()) - 1,
            len(lineage.path(tree)) - 1,
            lineage.spend(),
            sum((each.spend for each in held_out), Spend()) + sum((each.evaluation.spend for each in probes), Spend()),
            {each.trial: each.score for each in held_out if each.tree == tree},
            {each.trial: each.score for each in held_out if each.tree == seed},
            imp.get(tree),
            imp.get(seed),
            [each.child for each in made[1:]],
        )
        return [handed, *(_beside(handed, name, arm.run, imp) for name in arm.beside)]


def _beside(handed: Result, name: str, run: Run, imp: Mapping[str, Gains]) -> Result:
    """A scaffold that nobody evolved, measured on the instances of an arm."""
    tree = outside(name, run).digest
    return replace(handed, name=name, node=tree, held_out={}, seed_held_out={}, imp=imp.get(tree), proposals=())


def _imp(arm: Arm, lineage: Lineage) -> Mapping[str, Gains]:
    """By scaffold, what was measured as the design has it: a run's file may hold more."""
    asked = arm.transfer
    if not asked:
        return {}
    versions = {name: task.version for name, task in targets(asked.on, arm.run.presets).items()}
    found = [each for each in measurements(lineage) if (each.calls, each.targets) == (asked.k, versions)]
    return {tree: _first(gains, asked.pairs) for each in found for tree, gains in each.gains.items()}


def _first(gains: Gains, pairs: int) -> Gains:
    return {target: {seed: gain for seed, gain in own.items() if seed < pairs} for target, own in gains.items()}
