"""What something cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from operator import add, attrgetter
from typing import Any


@dataclass(frozen=True, slots=True)
class Spend:
    """Seconds of CPU, GPU and wall clock; US dollars."""

    evaluations: int = 0
    model_calls: int = 0
    tokens: int = 0
    dollars: float = 0.0
    cpu_s: float = 0.0
    gpu_s: float = 0.0
    wall_s: float = 0.0

    def __add__(self, other: Spend) -> Spend:
        return Spend(*map(add, amounts(self), amounts(other)))

    def named(self) -> dict[str, Any]:
        """By name, in the order above."""
        return dict(zip(NAMES, amounts(self), strict=True))


NAMES = tuple(each.name for each in fields(Spend))
amounts: Callable[[Spend], tuple[Any, ...]] = attrgetter(*NAMES)
"""In the order above."""
