"""What became of a run's proposals: where each of them fell, and how noisy those that were scored are.

A scored child is put in one of four classes by its paired differences to its parent:

- **unchanged**: no pair differs. What was edited made no difference to what the scaffold does.
- **neutral**: some pair differs, the gain lies within `options.pruning.gain` of 0, and the interval includes 0.
- **worse**: the gain is below 0, and it is not neutral.
- **better**: the gain is above 0, and it is not neutral.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .. import Generation, Split, Status
from . import statistics
from .lineage import Lineage
from .statistics import Differences

UNCHANGED, NEUTRAL, WORSE, BETTER = "unchanged", "neutral", "worse", "better"
LEAST_GAIN = 0.03
"""What a run takes whose record does not say."""

FULL = (Status.ACCEPTED, Status.REJECTED)


@dataclass(frozen=True)
class Proposals:
    """Generations after the seed, counted."""

    tried: int
    statuses: Mapping[str, int]
    refused: Mapping[str, int]  # by rung of the gate
    smoke: Mapping[str, int]  # of those, the ones of its smoke run, by what went wrong there
    failed: Mapping[str, int]  # by class of failure
    scored: Mapping[str, int]  # by class, see above
    hopeless: Mapping[str, int]  # of those, the ones whose scoring stopped early
    best_gain: float | None  # the greatest of a child that was scored in full


def proposals(lineage: Lineage) -> Proposals:
    made = [each for each in lineage.generations if each.status is not Status.SEED]
    classes = {each.index: kind(pairs, least_gain(lineage)) for each, pairs in _scored(lineage)}
    gains = [each.gain for each in made if each.status in FULL and each.gain is not None]
    return Proposals(
        len(made),
        _counts(str(each.status) for each in made),
        _counts(each.rung for each in made if each.status is Status.REFUSED),
        _counts(_head(each.why) for each in made if each.rung == "smoke"),
        _counts(_head(each.why) for each in made if each.status is Status.FAILED),
        _counts(classes.values()),
        _counts(classes[each.index] for each in made if each.status is Status.HOPELESS and each.index in classes),
        max(gains, default=None),
    )


def kind(pairs: Differences, least: float) -> str:
    """The class of a child with these paired differences."""
    if not any(value for values in pairs.values() for value in values):
        return UNCHANGED
    gain, low, high, _ = statistics.interval(pairs)
    if abs(gain) < least and low <= 0 <= high:
        return NEUTRAL
    return BETTER if gain > 0 else WORSE


def deviations(lineage: Lineage) -> dict[str, float]:
    """By task, the standard deviation of a child's paired differences about their mean, pooled over children.

    From the children that were scored in full; where none was, from all that were scored. A child of
    which no pair differs says nothing of noise, and is left out. A task without two such pairs of one child takes
    the deviation that is pooled over the others; without any at all the answer is empty: nobody knows.
    """
    scored = [(made, pairs) for made, pairs in _scored(lineage) if kind(pairs, 0.0) != UNCHANGED]
    full = [pairs for made, pairs in scored if made.status in FULL]
    return _pooled(full) or _pooled([pairs for _, pairs in scored])


def least_gain(lineage: Lineage) -> float:
    gain = lineage.config.get("run", {}).get("options", {}).get("pruning", {}).get("gain")
    return float(gain) if isinstance(gain, int | float) else LEAST_GAIN


def _scored(lineage: Lineage) -> Sequence[tuple[Generation, Differences]]:
    """Children that were scored for themselves, with their pairs on the search split."""
    children = []
    for made in lineage.generations:
        if made.parent and made.child and (lineage.first(made) or made.status is Status.ACCEPTED):
            own, parents = (lineage.scored(key, Split.SEARCH) for key in (made.child, made.parent))
            if pairs := statistics.paired(own, parents):
                children.append((made, pairs))
    return children


def _pooled(children: Sequence[Differences]) -> dict[str, float]:
    squares: dict[str, float] = defaultdict(float)
    freedom: Counter[str] = Counter()
    for pairs in children:
        for task, values in pairs.items():
            mean = math.fsum(values) / len(values)
            squares[task] += math.fsum((value - mean) ** 2 for value in values)
            freedom[task] += len(values) - 1
    if not freedom.total():
        return {}
    over_all = math.sqrt(math.fsum(squares.values()) / freedom.total())
    return {task: math.sqrt(squares[task] / freedom[task]) if freedom[task] else over_all for task in squares}


def _head(reason: str) -> str:
    """The host's own words, which come before what a scaffold had to say."""
    return reason.partition(":")[0]


def _counts(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())
