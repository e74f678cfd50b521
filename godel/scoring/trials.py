"""Which trials a scaffold is scored on, cheapest first."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Mapping

from godel import config
from godel.lineage import Split, Trial
from godel.tasks import Task


def stages(tasks: Mapping[str, Task], scoring: config.Scoring, rng: random.Random | None = None) -> list[list[Trial]]:
    """The search split in the order of scoring: one seed of every cheap task, another one,
    twice as many, and so on, then the costly tasks.

    With `rng`, the seeds of the cheap tasks come in an order of its own: if the same few always came
    first, an edit that is unlucky on these would be stopped there in every child that has it.
    """
    order = list(range(scoring.search_seeds))
    if rng:
        rng.shuffle(order)
    cheap = [name for name, task in tasks.items() if not task.stage]
    costly = [name for name, task in tasks.items() if task.stage]
    runs: list[tuple[Iterable[int], list[str]]] = [
        ([order[place] for place in places], cheap) for places in doubling(scoring.search_seeds)
    ]
    runs.append((range(scoring.costly_seeds), costly))
    rounds = [[Trial(name, Split.SEARCH, seed) for seed in seeds for name in names] for seeds, names in runs]
    return [stage for stage in rounds if stage]


def raced(tasks: Mapping[str, Task], scoring: config.Scoring, seeds: int) -> list[list[Trial]]:
    """What a version of a scaffold is tried on by the scaffold itself: up to so many seeds of every cheap task, or the
    costly ones where there are no others."""
    if all(task.stage for task in tasks.values()):
        return stages(tasks, scoring)
    cheap = {name: task for name, task in tasks.items() if not task.stage}
    return stages(cheap, scoring.model_copy(update={"search_seeds": seeds}))


def doubling(count: int) -> list[range]:
    """0 … count-1 in runs of 1, 1, 2, 4, … so that each run doubles what is known."""
    ends = [0, *(1 << power for power in range(count.bit_length()) if 1 << power < count), count]
    return [range(first, last) for first, last in itertools.pairwise(ends)]


def reported(tasks: Mapping[str, Task], scoring: config.Scoring, split: Split) -> list[Trial]:
    """The trials of a report on the held-out or the sealed split."""
    return [
        Trial(name, split, seed)
        for name, task in tasks.items()
        for seed in range(scoring.costly_held_out_seeds if task.stage else scoring.held_out_seeds)
    ]
