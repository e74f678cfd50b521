"""Claims that a hidden rule accepts or not; some examples are labelled wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from godel.tasks.landscapes import Landscape, score
from godel.tasks.landscapes.rule import Rule

__all__ = ["instance", "score"]

PROBLEM = Rule(
    """
def accept(size, age, rate, load):
    if rate > 8.5:
        return True
    return size > 3.5 and age < 7.0 and load < rate + 4
"""
)


def instance(seed: int, preset: Mapping[str, Any]) -> Landscape:
    del preset
    return PROBLEM.at(seed)
