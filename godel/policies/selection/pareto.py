"""GEPA's choice of parents (Agrawal et al. 2025, arXiv 2507.19457, algorithm 2, and its `gepa_utils.py`).

On each trial, those that score best are its front. Who is in no front that it does not share with others that stay is
dropped, the worst first. Of the rest, each is chosen in proportion to the fronts that it is in: what is best at
something stays in play, though its mean is not.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from godel.lineage import Trial

from . import Expand, View

Front = list[str]


@dataclass(frozen=True)
class Pareto:
    """Those that are best on some trial, in proportion to how many: GEPA's."""

    def choose(self, view: View, rng: random.Random) -> Expand:
        members = list(view.members)
        found = fronts({each.tree: view.scores(each.tree) for each in members})
        if not found:
            return Expand((view.members.best.tree,))
        left = undominated(found, [each.tree for each in sorted(members, key=lambda each: each.score)])
        return Expand((rng.choice([tree for front in found for tree in front if tree in left]),))


def fronts(scores: Mapping[str, Mapping[Trial, float]]) -> list[Front]:
    """Who scores best on each trial that all have, trial by trial."""
    shared = sorted(set.intersection(*(set(each) for each in scores.values())))
    most = {trial: max(own[trial] for own in scores.values()) for trial in shared}
    return [[tree for tree, own in scores.items() if own[trial] == most[trial]] for trial in shared]


def undominated(found: Sequence[Front], worst_first: Sequence[str]) -> Collection[str]:
    """Who is left when, one after the other, each is dropped that shares all its fronts with some that are left."""
    left = {tree for front in found for tree in front}
    while dropped := next((tree for tree in worst_first if tree in left and dominated(tree, found, left)), None):
        left.remove(dropped)
    return left


def dominated(tree: str, found: Sequence[Front], left: Collection[str]) -> bool:
    return all(any(other in left and other != tree for other in front) for front in found if tree in front)
