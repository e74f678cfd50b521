"""Six weights of which the shares count; each look is noisy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from godel.tasks.landscapes import Landscape, score
from godel.tasks.landscapes.weights import Weights

__all__ = ["instance", "score"]

PROBLEM = Weights({"ANNA": 0.34, "BORIS": 0.02, "CLARA": 0.11, "DAVID": 0.21, "EMMA": 0.03, "FELIX": 0.29})


def instance(seed: int, preset: Mapping[str, Any]) -> Landscape:
    del preset
    return PROBLEM.at(seed)
