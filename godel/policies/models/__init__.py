"""Which of several language models proposes the next self-edit. A new policy is a sibling file and a line below."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from godel.lineage import Generation
from godel.outside import WrongAnswer
from godel.registry import Registry


@dataclass(frozen=True)
class Offer:
    """The models of a run: at least one. `weights`: how often each is to be chosen; all alike if empty."""

    names: tuple[str, ...]
    weights: tuple[float, ...] = ()


class ModelChoice(Protocol):
    def choose(self, offer: Offer, made: Sequence[Generation], rng: random.Random) -> str:
        """One of the offer's names. `made`: the generations that are recorded, oldest first."""


MODEL_CHOICES: Registry[ModelChoice] = Registry(
    kind="model choice",
    key="models",
    group="godel.models",
    shipped={
        "weighted": "godel.policies.models.weighted:Weighted",
        "ucb1": "godel.policies.models.ucb1:Ucb1",
    },
    needs=("choose",),
)


def proposing_model(policy: ModelChoice, offer: Offer, made: Sequence[Generation], rng: random.Random) -> str:
    """The model for the next self-edit; "" without models. Raises OutsideFailed for one that is not in the offer."""
    if not offer.names:
        return ""
    with MODEL_CHOICES.outside(policy):
        name = policy.choose(offer, made, rng)
        if not isinstance(name, str) or name not in offer.names:
            raise WrongAnswer(name, f"one of {', '.join(offer.names)}")
        return name
