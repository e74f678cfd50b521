"""Six numbers to tune, each by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from godel.tasks.landscapes import Landscape, score
from godel.tasks.landscapes.knobs import Knobs

__all__ = ["instance", "score"]

PROBLEM = Knobs({"SPEED": 120.0, "FEED": 0.35, "DEPTH": 2.4, "COOLANT": 8.0, "WEAR": 0.06, "REST": 15.0})


def instance(seed: int, preset: Mapping[str, Any]) -> Landscape:
    del preset
    return PROBLEM.at(seed)
