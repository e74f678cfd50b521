"""Parents in proportion to how much their children gained: productivity, measured by what is recorded.

Productivity is imp@k, what a scaffold gains in k modifications (Hyperagents). Here each generation of which it was a
parent counts as one modification, which gained what its child did on the trials that both have, and 0 where there was
no scored child or that was worse: a worse child is not kept. The estimate is the gain of one modification, imp@k / k
where modifications add up.

It is shrunk twice. A gain rests on few pairs, and of many noisy ones the positive parts alone would look like
progress: one on n pairs counts n / (n + `pairs`) of it (the posterior mean for a true gain that is 0 on average, where
`pairs` is the variance of a pair over that of true gains). And a scaffold has few modifications: each counts as if it
had had `prior` more, with the mean gain of all.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from godel.lineage.analysis.members import Member
from godel.policies import option
from godel.tasks.ranges import number

from . import Expand, View
from .gains import gain


@dataclass(frozen=True)
class Productive:
    """In proportion to what their children gained, shrunk towards the mean of all."""

    prior: Annotated[float, number(0.01, 1000)] = option(4.0, "modifications of average gain that each is lent")
    pairs: Annotated[float, number(0, 100_000)] = option(32.0, "on so many pairs, half of a gain counts")

    def choose(self, view: View, rng: random.Random) -> Expand:
        members = list(view.members)
        weights = list(self.estimates(view).values())
        return Expand((rng.choices(members, weights if any(weights) else None)[0].tree,))

    def estimates(self, view: View) -> Mapping[str, float]:
        """By member, what one modification of it gains."""
        gained = {each.tree: self.gained(view, each) for each in view.members}
        tries = {each.tree: max(each.children, len(gained[each.tree])) for each in view.members}
        mean = sum(map(sum, gained.values())) / max(1, sum(tries.values()))
        return {tree: (self.prior * mean + sum(gains)) / (self.prior + tries[tree]) for tree, gains in gained.items()}

    def gained(self, view: View, member: Member) -> Sequence[float]:
        """What each scored child gained, shrunk, and not less than 0."""
        found = (gain(view, child, member.tree) for child in view.children(member.tree))
        return [max(0.0, each.mean * each.pairs / (each.pairs + self.pairs)) for each in found if each.pairs]
