"""Nine settings with three levels each: what one is worth depends on the next two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from godel.tasks.landscapes import Landscape, score
from godel.tasks.landscapes.choices import Choices

__all__ = ["instance", "score"]

PROBLEM = Choices(settings=9, landscape=20261128)


def instance(seed: int, preset: Mapping[str, Any]) -> Landscape:
    del preset
    return PROBLEM.at(seed)
