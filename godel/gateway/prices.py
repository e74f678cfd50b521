"""What a call costs, from litellm's bundled table and the configuration; never from the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from godel.config import Models

from .libraries import litellm

MILLION = 1_000_000


class Price(NamedTuple):
    """US dollars per million tokens."""

    prompt: float
    reply: float

    def of(self, prompt_tokens: int, reply_tokens: int) -> float:
        return (prompt_tokens * self.prompt + reply_tokens * self.reply) / MILLION


FREE = Price(0.0, 0.0)
"""What a model counts as whose price nobody knows."""


def listed(models: Models) -> dict[str, Price | None]:
    """The price of each of a run's models."""
    return {name: price(name, models.prices) for name in models.names}


def unknown(models: Models) -> list[str]:
    return [name for name, known in listed(models).items() if known is None]


def price(model: str, overrides: Mapping[str, tuple[float, float]]) -> Price | None:
    """None where nobody knows: a local server, or a model that is newer than the table."""
    if model in overrides:
        return Price(*overrides[model])
    known = litellm().model_cost.get(model) or litellm().model_cost.get(model.partition("/")[2])
    if not known or "input_cost_per_token" not in known:
        return None
    return Price(known["input_cost_per_token"] * MILLION, known.get("output_cost_per_token", 0.0) * MILLION)
