"""Which scaffold becomes the next parent. A new policy is a sibling file and a line below."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

from godel.errors import UnknownName


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
    if name not in POLICIES:
        raise UnknownName("selection", name, POLICIES)
    module, _, symbol = POLICIES[name].partition(":")
    policy: Selection = getattr(import_module(module), symbol)()
    return policy
