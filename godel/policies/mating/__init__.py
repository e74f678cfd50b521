"""With whom a parent is crossed, where a run has crossover: the mate.

A new policy is a sibling file and a line below.
"""

from __future__ import annotations

import random
from typing import Protocol

from godel.outside import WrongAnswer
from godel.policies.selection import View
from godel.registry import Registry


class Mating(Protocol):
    def choose(self, view: View, parent: str, rng: random.Random) -> str | None:
        """A member other than `parent`, or None where there is nobody to cross it with: then it edits itself."""


MATINGS: Registry[Mating] = Registry(
    kind="mate",
    key="mate",
    group="godel.mate",
    shipped={
        "apart": "godel.policies.mating.apart:Apart",
        "complement": "godel.policies.mating.complement:Complement",
        "any": "godel.policies.mating.any_other:AnyOther",
    },
    needs=("choose",),
)


def mate(policy: Mating, view: View, parent: str, rng: random.Random) -> str | None:
    """The policy's answer. Raises OutsideFailed for one that is neither another member nor None."""
    with MATINGS.outside(policy):
        answer = policy.choose(view, parent, rng)
        if answer is not None and (not isinstance(answer, str) or answer == parent or not view.members.of(answer)):
            raise WrongAnswer(answer, "another member of its view, or None")
        return answer
