"""Which trials a scaffold is scored on, cheapest first, and when to stop early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from godel.lineage import Split
from godel.tasks import Task

from . import config
from .assessment import Trial


def stages(tasks: Mapping[str, Task], scoring: config.Scoring) -> list[list[Trial]]:
    """The search split in the order of scoring: one seed of every cheap task, then the
    other seeds, then the costly tasks."""
    cheap = [name for name, task in tasks.items() if not task.stage]
    costly = [name for name, task in tasks.items() if task.stage]
    rounds = [
        [Trial(name, Split.SEARCH, 0) for name in cheap],
        [Trial(name, Split.SEARCH, seed) for seed in range(1, scoring.search_seeds) for name in cheap],
        [Trial(name, Split.SEARCH, seed) for seed in range(scoring.costly_seeds) for name in costly],
    ]
    return [stage for stage in rounds if stage]


def reported(tasks: Mapping[str, Task], scoring: config.Scoring, split: Split) -> list[Trial]:
    """The trials of a report on the held-out or the sealed split."""
    return [
        Trial(name, split, seed)
        for name, task in tasks.items()
        for seed in range(scoring.costly_held_out_seeds if task.stage else scoring.held_out_seeds)
    ]


def differences(child: Mapping[Trial, float], parent: Mapping[Trial, float]) -> dict[str, list[float]]:
    """By task, child minus parent on the trials that both have."""
    paired: dict[str, list[float]] = {}
    for trial, score in child.items():
        if trial in parent:
            paired.setdefault(trial.task, []).append(score - parent[trial])
    return paired


def hopeless(paired: Mapping[str, Sequence[float]], margin: float) -> str:
    """Why it is not worth going on scoring, or ""."""
    flat = [difference for task in paired.values() for difference in task]
    if not any(difference > 0 for difference in flat):
        return f"not better on any of {len(flat)} trials"
    mean = sum(flat) / len(flat)
    return f"mean paired difference {mean:+.3f} after {len(flat)} trials" if mean < -margin else ""
