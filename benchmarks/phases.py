"""Where a generation's wall time goes, and what its model calls are for."""

from __future__ import annotations

import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from godel.lineage import Generation, ModelCall
from godel.loop import worker

PURPOSES = ("propose", "self-measure", "smoke", "trial")
STEPS: tuple[tuple[str, Any, str], ...] = (
    ("propose, self-measuring included", worker.Worker, "_improve"),
    ("gate", worker, "climb"),
    ("score", worker.Worker, "_score"),
)
"""Phases of a generation: what does each of them."""
REST = "order, record and the rest"


class Phases:
    """Seconds of every generation after the seed, by phase. For one worker: phases of several would overlap."""

    def __init__(self) -> None:
        self.figures: dict[str, list[float]] = defaultdict(list)
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._since = time.perf_counter()

    def recorded(self, generation: Generation) -> None:
        """Ends a generation. Nothing is counted for the seed."""
        now = time.perf_counter()
        whole, self._since = now - self._since, now
        if generation.index:
            for name, _, _ in STEPS:
                self.figures[name].append(self._spent[name])
            self.figures[REST].append(whole - sum(self._spent.values()))
            self.figures["whole"].append(whole)
        self._spent.clear()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Each phase is timed for as long as the block lasts."""
        before = [getattr(where, name) for _, where, name in STEPS]
        for (phase, where, name), function in zip(STEPS, before, strict=True):
            setattr(where, name, self._timed(phase, function))
        try:
            yield
        finally:
            for (_, where, name), function in zip(STEPS, before, strict=True):
                setattr(where, name, function)

    def summary(self) -> dict[str, dict[str, float]]:
        """Milliseconds by phase: median and mean over the generations."""
        return {
            phase: {
                "median_ms": round(1000 * statistics.median(seconds), 2),
                "mean_ms": round(1000 * statistics.mean(seconds), 2),
            }
            for phase, seconds in self.figures.items()
        }

    def _timed(self, phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*arguments)
            finally:
                self._spent[phase] += time.perf_counter() - started

        return timed


def calls_by_purpose(calls: Iterable[ModelCall], generations: int) -> dict[str, float]:
    """Model calls per generation after the seed, by what they were for; and how many the seed's trials took."""
    counts = Counter("seed" if call.place.startswith("0/") else purpose(call.place) for call in calls)
    seed = counts.pop("seed", 0)
    return {"of the seed": seed} | {each: round(counts[each] / generations, 2) for each in PURPOSES}


def purpose(place: str) -> str:
    """Of a call at this place in a run: "7/propose#0", "7/meta/…", "7/smoke/itself#0", "7/maxcut/search/1#0"."""
    part = place.partition("#")[0].split("/")[1]
    return {"propose": "propose", "meta": "self-measure", "smoke": "smoke"}.get(part, "trial")
