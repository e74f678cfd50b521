"""Upper confidence bounds on what a parent's children gain (UCB1: Auer, Cesa-Bianchi and Fischer 2002).

An arm is a scaffold that was kept, a pull a generation of which it was the parent, and the reward what the child gained
on the trials that both have; a generation without a scored child gained nothing. Each arm is pulled once before any is
pulled again. UCB1's bound holds for rewards between 0 and 1 and arms that are there from the start; here gains are
small and may be negative, so how much is explored is an option.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Annotated

from godel.lineage.analysis.members import Member
from godel.policies import option
from godel.tasks.ranges import number

from . import Expand, View
from .gains import gain


@dataclass(frozen=True)
class UpperBound:
    """Whose children gained most, with a bonus for what was tried little: UCB1."""

    exploration: Annotated[float, number(0, 1000)] = option(0.1, "the bonus, in gain: 1 is UCB1's for rewards to 1")

    def choose(self, view: View, rng: random.Random) -> Expand:
        untried = next((each for each in view.members if not each.children), None)
        if untried:
            return Expand((untried.tree,))
        pulls = sum(each.children for each in view.members)
        return Expand((max(view.members, key=lambda each: self.bound(view, each, pulls)).tree,))

    def bound(self, view: View, member: Member, pulls: int) -> float:
        """Mean gain of its children, and the bonus: sqrt(2 ln pulls / own pulls) times `exploration`."""
        gained = sum(gain(view, child, member.tree).mean for child in view.children(member.tree))
        return gained / member.children + self.exploration * math.sqrt(2 * math.log(pulls) / member.children)
