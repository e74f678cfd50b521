"""Three pairs of numbers, each at the end of a narrow valley."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from godel.tasks.landscapes import Landscape, score
from godel.tasks.landscapes.valley import Valley

__all__ = ["instance", "score"]

PROBLEM = Valley({"HEAT": 180.0, "TIME": 25.0, "ACID": 0.8, "WATER": 6.0, "SALT": 2.0, "SUGAR": 5.0})


def instance(seed: int, preset: Mapping[str, Any]) -> Landscape:
    del preset
    return PROBLEM.at(seed)
