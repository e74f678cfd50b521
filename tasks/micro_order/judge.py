"""Ten colours on a paint line; changing between some costs more than between others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from godel.tasks.landscapes import Landscape, score
from godel.tasks.landscapes.order import Order

__all__ = ["instance", "score"]

PROBLEM = Order(
    {
        "amber": (0.9, 0.1),
        "black": (0.1, 0.9),
        "coral": (0.7, 0.3),
        "denim": (0.2, 0.4),
        "ebony": (0.0, 0.8),
        "flame": (0.8, 0.4),
        "green": (0.5, 0.0),
        "henna": (0.6, 0.6),
        "ivory": (1.0, 0.0),
        "jade": (0.4, 0.2),
    }
)


def instance(seed: int, preset: Mapping[str, Any]) -> Landscape:
    del preset
    return PROBLEM.at(seed)
