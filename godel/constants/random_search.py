"""Random search: every candidate is drawn anew, log-uniformly."""

from __future__ import annotations

import random

from godel.contract import Program

from . import Scorer
from .search import Search


class RandomSearch:
    def __call__(self, program: Program, utility: Scorer, budget: int, rng: random.Random) -> Program:
        search = Search(program, utility, budget)
        while search.open:
            search.at([rng.uniform(-search.reach, search.reach) for _ in range(search.size)])
        return search.best
