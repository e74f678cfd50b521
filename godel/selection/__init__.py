"""Which scaffold becomes the next parent. A new policy is a sibling file and a line below."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from godel.registry import create


@dataclass(frozen=True)
class Member:
    """A scaffold that may become a parent. `score`: mean utility on the search split."""

    tree: str
    index: int
    score: float
    children: int


class Selection(Protocol):
    def choose(self, members: Sequence[Member], rng: random.Random) -> Member:
        """One of `members`, which is never empty; the seed is always among them."""


POLICIES = {
    "best": "godel.selection.best:Best",
    "dgm": "godel.selection.dgm:DarwinGodel",
    "last": "godel.selection.last:Last",
}


def make(name: str) -> Selection:
    policy: Selection = create("selection", name, POLICIES)
    return policy
