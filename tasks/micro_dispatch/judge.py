"""A priority by which a machine chooses its next job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from godel.tasks.landscapes import Landscape, score
from godel.tasks.landscapes.dispatch import Dispatch

__all__ = ["instance", "score"]

PROBLEM = Dispatch(0.4)


def instance(seed: int, preset: Mapping[str, Any]) -> Landscape:
    del preset
    return PROBLEM.at(seed)
