"""What selection policies do in synthetic populations (`synthetic.py`): measured for `policies.py`.

Of each policy, over runs of equal budget: how often and at what spend the best by score is truly worth +0.3; what that
is worth at the end; the regret of each parent against the best member that there was, in what the best of ten children
would be worth; and how what the policy goes by correlates (Pearson) with true productivity and with
clade-metaproductivity, the greatest worth in a clade, at the end of a run: of its own, and of one that `uniform` grew,
the same for all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from statistics import correlation, fmean, median, stdev
from typing import Any, NamedTuple

from synthetic import Population, World, lived

from godel.lineage.analysis.prefix import Prefix
from godel.policies.selection import SELECTIONS, View
from godel.policies.selection.dgm import DarwinGodel
from godel.policies.selection.hgm import HuxleyGodel
from godel.policies.selection.pareto import fronts
from godel.policies.selection.productive import Productive
from godel.policies.selection.shinka import Shinka
from godel.policies.selection.ucb import UpperBound

WORLDS = (
    World("all kept", 0.0, "any", 1, 1000),
    World("all kept, aligned", 2.0, "any", 1, 1000),
    World("better ones kept", 0.0, "noise_aware", 8, 1000),
)
REACHED = 0.3
FEWEST = 3
"""Members that a correlation needs."""

Estimates = Mapping[str, float]
Pair = tuple[float, float]
"""Correlations with productivity and with the clade's worth; NaN where there is none."""
NONE = (math.nan, math.nan)


def by_dgm(view: View) -> Estimates:
    scores = [each.score for each in view.members]
    return {each.tree: DarwinGodel().weight(each, min(scores), max(scores)) for each in view.members}


def by_shinka(view: View) -> Estimates:
    members = list(view.members)
    weights = Shinka().weights([each.score for each in members], [each.children for each in members])
    return {each.tree: weight for each, weight in zip(members, weights, strict=True)}


def by_hgm(view: View) -> Estimates:
    results = {tree: list(view.scores(tree).values()) for tree in view.clade(view.seed)}
    return {tree: a / (a + b) for tree, (a, b) in HuxleyGodel().beliefs(view, results, view.clade).items()}


def by_ucb(view: View) -> Estimates:
    """Of those that were tried."""
    tried = [each for each in view.members if each.children]
    pulls = sum(each.children for each in tried)
    return {each.tree: UpperBound().bound(view, each, pulls) for each in tried}


def by_pareto(view: View) -> Estimates:
    found = fronts({each.tree: view.scores(each.tree) for each in view.members})
    return {each.tree: float(sum(each.tree in front for front in found)) for each in view.members}


ESTIMATES: dict[str, Callable[[View], Estimates]] = {
    "best": lambda view: {each.tree: each.score for each in view.members},
    "dgm": by_dgm,
    "hgm": by_hgm,
    "pareto": by_pareto,
    "productive": lambda view: Productive().estimates(view),
    "shinka": by_shinka,
    "ucb": by_ucb,
}
"""What a policy goes by, where it goes by anything: `best` has the score, as SICA has."""


class Run(NamedTuple):
    """Of one run: trials until its best by score was truly worth REACHED, infinite if never; that worth at the end; the
    mean regret of a parent; the policy's own correlations."""

    spent: float
    worth: float
    regret: float
    own: Pair


def measured(world: World, selection: str, number: int) -> Run:
    reached, worth, regrets, members = math.inf, 0.0, [], ["seed"]
    for population, parent in lived(world, selection, number):
        if parent:
            regrets.append(regret(population, members, parent))
        members = [each.tree for each in population.members()]
        worth = population.true[population.members().best.tree].worth
        if worth >= REACHED:
            reached = min(reached, population.spent)
    return Run(reached, worth, fmean(regrets), correlations(selection, population))


def regret(population: Population, members: list[str], parent: str) -> float:
    def child(tree: str) -> float:
        return population.true[tree].worth + population.true[tree].productivity

    return max(map(child, members)) - child(parent)


def shared(world: World, number: int) -> dict[str, Pair]:
    """The correlations of all policies on one lineage."""
    *_, (population, _) = lived(world, "uniform", number)
    return {name: correlations(name, population) for name in ESTIMATES}


def correlations(selection: str, population: Population) -> Pair:
    """With true productivity, and with the greatest worth in the clade."""
    if selection not in ESTIMATES:
        return NONE
    found = ESTIMATES[selection](Prefix(population, len(population) - 1))
    true = population.true
    productivity = [true[tree].productivity for tree in found]
    clades = [max(true[each].worth for each in population.clade(tree)) for tree in found]
    return pearson(list(found.values()), productivity), pearson(list(found.values()), clades)


def pearson(one: list[float], other: list[float]) -> float:
    if len(one) < FEWEST or len(set(one)) == 1 or len(set(other)) == 1:
        return math.nan
    return correlation(one, other)


def selections(runs: int) -> list[dict[str, Any]]:
    """A row for each world and policy."""
    rows = []
    with ProcessPoolExecutor() as processes:
        for world in WORLDS:
            on_one = list(processes.map(partial(shared, world), range(runs)))
            for name in SELECTIONS.shipped:
                found = list(processes.map(partial(measured, world, name), range(runs)))
                rows.append(row(world, name, found, [each.get(name, NONE) for each in on_one]))
                print(rows[-1], flush=True)
    return rows


def row(world: World, name: str, runs: list[Run], on_one: list[Pair]) -> dict[str, Any]:
    half = median(each.spent for each in runs)
    return {
        "world": world.name,
        "selection": name,
        "reached": sum(math.isfinite(each.spent) for each in runs) / len(runs),
        "spend to the best": None if math.isinf(half) else half,
        "worth": interval([each.worth for each in runs]),
        "regret": interval([each.regret for each in runs]),
        "own": averaged([each.own for each in runs]),
        "shared": averaged(on_one),
    }


def interval(values: list[float]) -> dict[str, float]:
    """The mean and its normal 95 % interval."""
    mean, half = fmean(values), 1.96 * stdev(values) / math.sqrt(len(values))
    return {"mean": round(mean, 4), "low": round(mean - half, 4), "high": round(mean + half, 4)}


def averaged(found: list[Pair]) -> dict[str, float | None]:
    columns = dict(zip(("productivity", "clade"), zip(*found, strict=True), strict=True))
    there = {name: [each for each in column if not math.isnan(each)] for name, column in columns.items()}
    return {name: round(fmean(column), 2) if column else None for name, column in there.items()}
