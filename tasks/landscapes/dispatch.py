"""A priority by which a machine chooses its next job. Rugged, and judged on a handful of orders: noise that all
priorities share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..judging.reading import read
from ..judging.seeding import stream
from . import Drawn, Landscape

NAMES = ("due", "length", "weight", "now")
DAYS, JOBS = 3, 10
"""Sets of jobs of one instance, and jobs in each."""

Job = tuple[float, float, float]
"""When it is due, how long it takes, what an hour of delay costs."""


@dataclass(frozen=True)
class Dispatch:
    """`tight`: when jobs are due, as a part of the time that all of them take."""

    tight: float

    def at(self, seed: int) -> Landscape:
        rng = stream(seed, "dispatch")
        days = [jobs(self.tight, rng) for _ in range(DAYS)]

        def value(text: str) -> float:
            priority = read(text).function("priority", NAMES)
            return -sum(cost(priority, day) for day in days) / DAYS

        return value


def jobs(tight: float, rng: np.random.Generator) -> list[Job]:
    lengths, weights = rng.uniform(1, 10, JOBS), rng.uniform(1, 10, JOBS)
    due = rng.uniform(0.2, 1.8, JOBS) * tight * lengths.sum()
    return list(zip(due.tolist(), lengths.tolist(), weights.tolist(), strict=True))


def cost(priority: Callable[..., float], jobs: list[Job]) -> float:
    """The weighted delay, per job, where the waiting job with the highest priority is always the next."""
    waiting, now, total = list(jobs), 0.0, 0.0
    while waiting:
        job = max(waiting, key=lambda each: priority(*each, now))
        waiting.remove(job)
        now += job[1]
        total += job[2] * max(0.0, now - job[0])
    return total / len(jobs)


def draw(rng: np.random.Generator) -> Drawn:
    """The reference is the apparent tardiness cost (Vepsalainen and Morton 1987)."""
    slow = round(float(rng.uniform(2, 6)), 1)
    begin = f"def priority({', '.join(NAMES)}):\n    return {slow} - weight * length - (due - now) / {slow}\n"
    return Drawn(Dispatch(float(rng.uniform(0.3, 0.6))), begin, apparent_tardiness(12))


def apparent_tardiness(patience: float) -> str:
    rule = f"weight / length * exp(-max(0, due - length - now) / {patience})"
    return f"def priority({', '.join(NAMES)}):\n    return {rule}\n"
