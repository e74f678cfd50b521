"""Which model proposes: by weight, or by a bandit that is paid in improvement per dollar."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from godel.config import Models
from godel.lineage import Generation

TOKEN_DOLLARS = 1e-6
"""What a token of a model without a price counts as: the bandit needs some cost to divide by."""


def proposing_model(models: Models, made: Sequence[Generation], rng: random.Random) -> str:
    """The model for the next self-edit, from the generations that are recorded; "" without models."""
    if not models.names:
        return ""
    return ucb1(models, made) if models.choice == "bandit" else weighted(models, rng)


def weighted(models: Models, rng: random.Random) -> str:
    return str(rng.choices(models.names, models.weights or None)[0])


def ucb1(models: Models, made: Sequence[Generation]) -> str:
    """UCB1 (Auer et al. 2002) over the rewards, scaled so that the greatest is 1. Each model once, first."""
    rewards: dict[str, list[float]] = {name: [] for name in models.names}
    for generation in made:
        if generation.model in rewards:
            rewards[generation.model].append(reward(generation))
    untried = [name for name, found in rewards.items() if not found]
    if untried:
        return untried[0]
    most = max(max(found) for found in rewards.values()) or 1.0
    total = math.log(sum(map(len, rewards.values())))
    return max(rewards, key=lambda n: sum(rewards[n]) / len(rewards[n]) / most + math.sqrt(2 * total / len(rewards[n])))


def reward(generation: Generation) -> float:
    """The child's improvement over its parent per dollar that its generation cost; 0 for none."""
    spend = generation.spend
    return max(0.0, generation.gain or 0.0) / max(spend.dollars, TOKEN_DOLLARS * max(1, spend.tokens))
