"""Eight numbers, each of which counts only once all before it are right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from godel.tasks.landscapes import Landscape, score
from godel.tasks.landscapes.staircase import Staircase

__all__ = ["instance", "score"]

PROBLEM = Staircase(
    {
        "BOIL": 100.0,
        "COOL": 12.0,
        "STIR": 40.0,
        "REST": 3.0,
        "SIEVE": 0.2,
        "PRESS": 7.0,
        "CUT": 1.5,
        "PACK": 24.0,
    }
)


def instance(seed: int, preset: Mapping[str, Any]) -> Landscape:
    del preset
    return PROBLEM.at(seed)
