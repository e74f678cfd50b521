"""A bandit that is paid in improvement per dollar: UCB1 (Auer et al. 2002)."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from godel.lineage import Generation
from godel.policies import option
from godel.tasks.ranges import number

from . import Offer


@dataclass(frozen=True)
class Ucb1:
    """The bandit UCB1, paid in improvement per dollar."""

    exploration: Annotated[float, number(0, 1000)] = option(2.0, "how much a model that was tried less is favoured")
    token_dollars: Annotated[float, number(1e-12, 1)] = option(1e-6, "what a token counts as where no price is known")

    def choose(self, offer: Offer, made: Sequence[Generation], rng: random.Random) -> str:
        """Over the rewards, scaled so that the greatest is 1. Each model once, first."""
        rewards: dict[str, list[float]] = {name: [] for name in offer.names}
        for generation in made:
            if generation.model in rewards:
                rewards[generation.model].append(self.reward(generation))
        untried = [name for name, earned in rewards.items() if not earned]
        if untried:
            return untried[0]
        most = max(max(earned) for earned in rewards.values()) or 1.0
        tries = sum(map(len, rewards.values()))
        return max(rewards, key=lambda name: self._bound(rewards[name], most, tries))

    def _bound(self, earned: Sequence[float], most: float, tries: int) -> float:
        """The upper confidence bound of a model's mean reward."""
        return sum(earned) / len(earned) / most + math.sqrt(self.exploration * math.log(tries) / len(earned))

    def reward(self, generation: Generation) -> float:
        """The child's improvement over its parent per dollar that its generation cost; 0 for none."""
        spend = generation.spend
        return max(0.0, generation.gain or 0.0) / max(spend.dollars, self.token_dollars * max(1, spend.tokens))
