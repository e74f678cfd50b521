"""A response to two inputs, measured with noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from godel.tasks.landscapes import Landscape, score
from godel.tasks.landscapes.formula import Formula

__all__ = ["instance", "score"]

PROBLEM = Formula(
    """
def response(x, y):
    return 3.2 * x * y / (1.4 + x) + 0.6 * y - 0.9 * max(0, x - 2)
"""
)


def instance(seed: int, preset: Mapping[str, Any]) -> Landscape:
    del preset
    return PROBLEM.at(seed)
