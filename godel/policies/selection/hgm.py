"""The Huxley-Gödel Machine's choice (Wang et al. 2025, arXiv 2510.21614): to expand by the worth of whole clades, or to
evaluate further.

With N evaluations made and T scaffolds scored, a new child is made where N^alpha ≥ T, and a further evaluation
otherwise. Who is expanded is drawn by Thompson sampling over clades: the greatest draw from
Beta(tau (1 + successes), tau (1 + failures)), summed over the scaffold and all its descendants, each counted once (the
published code adds a descendant's results to its ancestor again at every reading). Who is evaluated is drawn alike, by
its own results.

The paper's evaluations pass or fail. Here a trial's score counts as a success by its place between the least and the
greatest score of all trials so far, and as a failure by the rest. The paper's child has no evaluation when it is made,
one of this laboratory has as many as the run scores a child with: with `scoring.search_seeds=1` the two are nearest.
The paper lets tau grow as its budget is used up; here it is an option.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from godel.lineage.analysis.members import Member
from godel.policies import option
from godel.tasks.ranges import number

from . import Evaluate, Expand, View

ALIKE = 0.5
"""What each trial counts as where all score the same."""


Results = Mapping[str, Sequence[float]]
"""By scaffold, the score of each of its trials."""


class Beta(NamedTuple):
    """A beta distribution."""

    alpha: float
    beta: float


@dataclass(frozen=True)
class HuxleyGodel:
    """By the results of whole clades, now and then evaluating further: the Huxley-Gödel Machine's."""

    alpha: Annotated[float, number(0, 1)] = option(
        0.6, "a child is made where evaluations ** alpha reach the scaffolds"
    )
    tau: Annotated[float, number(0.01, 1000)] = option(1.0, "how much results count: more draws nearer to their mean")

    def choose(self, view: View, rng: random.Random) -> Expand | Evaluate:
        results = {tree: list(view.scores(tree).values()) for tree in view.clade(view.seed)}
        if sum(map(len, results.values())) ** self.alpha >= len(results):
            return Expand((drawn(self.beliefs(view, results, view.clade), rng),))
        return Evaluate(drawn(self.beliefs(view, results, lambda tree: [tree]), rng))

    def beliefs(self, view: View, results: Results, among: Callable[[str], Iterable[str]]) -> dict[str, Beta]:
        """By member, what is known of the share of successes; `among`: whose results are its."""
        scores = [score for each in results.values() for score in each]
        least, span = min(scores), max(scores) - min(scores)

        def belief(member: Member) -> Beta:
            own = [score for tree in among(member.tree) for score in results.get(tree, ())]
            passed = sum((score - least) / span if span else ALIKE for score in own)
            return Beta(self.tau * (1 + passed), self.tau * (1 + len(own) - passed))

        return {member.tree: belief(member) for member in view.members}


def drawn(beliefs: Mapping[str, Beta], rng: random.Random) -> str:
    """Who has the greatest draw."""
    draws = {tree: rng.betavariate(*belief) for tree, belief in beliefs.items()}
    return max(draws, key=lambda tree: draws[tree])
