"""Which operator is applied next: adaptive pursuit (Thierens 2005, "An adaptive pursuit strategy for allocating
operator probabilities", GECCO).

Each operator has an estimate of its reward, which follows what it gave, and a probability. After each trial the
probability of the best estimate moves towards the greatest there is, those of all others towards the least.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping

LEARNING = 0.1  # rate at which an estimate follows the rewards (alpha)
PURSUIT = 0.1  # rate at which probabilities follow the best estimate (beta)
LEAST = 0.3  # of the even share of an operator: its least probability


class Pursuit:
    def __init__(self, weights: Mapping[str, float]) -> None:
        """`weights`: how often each operator is drawn at first, relative to the others."""
        total = sum(weights.values())
        self._chances = {name: weight / total for name, weight in weights.items()}
        self._estimates = dict(self._chances)

    def draw(self, rng: random.Random, without: Collection[str] = ()) -> str:
        names = [name for name in self._chances if name not in without]
        return rng.choices(names, [self._chances[name] for name in names])[0]

    def learn(self, name: str, reward: float) -> None:
        self._estimates[name] += LEARNING * (reward - self._estimates[name])
        best = max(self._estimates, key=lambda each: self._estimates[each])
        least = LEAST / len(self._chances)
        most = 1 - (len(self._chances) - 1) * least
        for each, chance in self._chances.items():
            self._chances[each] += PURSUIT * ((most if each == best else least) - chance)
