"""What something cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
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
        return Spend(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))
