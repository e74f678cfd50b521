"""Which of several language models proposes the next self-edit. A new policy is a sibling file and a line below."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from godel.errors import UsageError
from godel.lineage import Generation
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
    """The model for the next self-edit; "" without models. Raises UsageError for one that is not in the offer."""
    if not offer.names:
        return ""
    name = policy.choose(offer, made, rng)
    if name not in offer.names:
        raise UsageError(f"the model choice answered {name!r:.200}; expected one of {', '.join(offer.names)}")
    return name
