"""CMA-ES (Hansen and Ostermeier, Evolutionary Computation 9, 2001), as the package cmaes has it."""

from __future__ import annotations

import random

from godel.contract import Program

from . import Scorer
from .search import Search

STEP = 1.0
"""The first standard deviation of the logarithms of the factors."""


class CmaEs:
    """From the program as it is, with the package's own size of the population."""

    def __call__(self, program: Program, utility: Scorer, budget: int, rng: random.Random) -> Program:
        import numpy as np
        from cmaes import CMA

        search = Search(program, utility, budget)
        if search.size < 2:  # the package wants two at least
            return search.best
        bounds = np.array([[-search.reach, search.reach]] * search.size)
        strategy = CMA(mean=np.zeros(search.size), sigma=STEP, bounds=bounds, seed=rng.getrandbits(31))
        while search.open:
            points = [strategy.ask() for _ in range(min(search.left, strategy.population_size))]
            told = [(point, -search.at(point.tolist())) for point in points]
            if len(told) == strategy.population_size:
                strategy.tell(told)
        return search.best
