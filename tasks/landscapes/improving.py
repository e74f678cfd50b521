"""How well does an improver improve? It works on problems drawn for this, of every family of micro problems, and each
text that it ends with is scored on another instance than the one that it searched on.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np

from ..judging import Candidate, Invalid, Verdict
from ..judging.arrays import replies
from ..judging.seeding import stream
from . import Drawn, Landscape
from .families import FAMILIES

FAILED = -1.0
"""What a text that fails is worth, and a problem that an improver fails on."""

MOST = 1.5
"""What one problem can count at most: half as far again as its reference."""


@dataclass(frozen=True)
class Scale:
    """One instance of a problem: 0 is the text at the beginning, 1 the reference."""

    landscape: Landscape
    start: float
    reference: float

    def __call__(self, text: str) -> float:
        """Raises Invalid for a text that fails."""
        return max(FAILED, min((self.landscape(text) - self.start) / (self.reference - self.start), MOST))

    @property
    def sound(self) -> bool:
        """Whether there is something to improve."""
        return self.reference - self.start > 0.02 * max(abs(self.reference), abs(self.start))

    @staticmethod
    def of(drawn: Drawn, seed: int) -> Scale:
        landscape = drawn.problem.at(seed)
        return Scale(landscape, landscape(drawn.initial), landscape(drawn.reference))


@dataclass(frozen=True)
class Exercise:
    """A problem of a family, what the improver searches on, what it is scored on, and the seed of its randomness."""

    family: str
    initial: str
    searched: Scale
    scored: Scale
    seed: int


@dataclass(frozen=True)
class Exercises:
    """One instance. `calls`: of the utility, that an improver has for each."""

    each: Sequence[Exercise]
    calls: int


def instance(seed: int, preset: Mapping[str, Any]) -> Exercises:
    """Every family as often as the others, or once more."""
    names = stream(seed, "families").permutation(list(FAMILIES)).tolist()
    families = itertools.islice(itertools.cycle(names), preset["problems"])
    return Exercises([exercise(family, seed, number) for number, family in enumerate(families)], preset["calls"])


def exercise(family: str, seed: int, number: int) -> Exercise:
    """The first problem of its stream that leaves something to improve."""
    for attempt in itertools.count():
        rng = stream(seed, family, number, attempt)
        drawn = FAMILIES[family](rng)
        first, second, own = (int(each) for each in rng.integers(1 << 53, size=3))
        searched, scored = Scale.of(drawn, first), Scale.of(drawn, second)
        if searched.sound and scored.sound:
            return Exercise(family, drawn.initial, searched, scored, own)
    raise AssertionError("a count has no end")


def score(instance: Exercises, candidate: Candidate) -> Verdict:
    """The mean over the problems. A process that ends is the candidate's failure; so is one that fails on all."""
    candidate.start()
    ended = worked(instance, candidate)
    marks = [mark(exercise, end) for exercise, end in zip(instance.each, ended, strict=True)]
    if all("failed" in end for end in ended):
        raise Invalid(f"it fails on every problem: {ended[0]['failed']}")
    return Verdict(fmean(marks), {"marks": marks}, numbers=by_family(instance, marks))


def worked(instance: Exercises, candidate: Candidate) -> list[dict[str, str]]:
    """What each problem ended with: {"done": text} or {"failed": reason}."""
    open_ones = list(range(len(instance.each)))
    ends: list[dict[str, str]] = [{} for _ in open_ones]
    request: dict[str, Any] = {
        "problems": [each.initial for each in instance.each],
        "seeds": [each.seed for each in instance.each],
        "calls": instance.calls,
    }
    for left in range(instance.calls, -1, -1):
        asked = [question(each) for each in replies(candidate.call(request), len(open_ones), "problems")]
        if not left:
            asked = [{"failed": "more calls than it has"} if "text" in each else each for each in asked]
        for number, each in zip(open_ones, asked, strict=True):
            ends[number] = each
        open_ones = [number for number in open_ones if "text" in ends[number]]
        if not open_ones:
            break
        request = {"scores": [heard(instance.each[number].searched, ends[number]["text"]) for number in open_ones]}
    return ends


def question(reply: Any) -> dict[str, str]:
    """What came for one problem. Raises Invalid for anything else than the driver sends."""
    match reply:
        case {"text": str() as text}:
            return {"text": text}
        case {"done": str() as text}:
            return {"done": text}
        case {"failed": str() as reason}:
            return {"failed": reason}
    raise Invalid("expected a text, or how it ended")


def heard(scale: Scale, text: str) -> float:
    """What an improver is told of a text."""
    try:
        return scale(text)
    except Invalid:
        return FAILED


def mark(exercise: Exercise, end: Mapping[str, str]) -> float:
    """What a problem counts."""
    return heard(exercise.scored, end["done"]) if "done" in end else FAILED


def by_family(instance: Exercises, marks: Sequence[float]) -> dict[str, float]:
    """The mean of each."""
    found: dict[str, list[float]] = {name: [] for name in FAMILIES}
    for exercise, value in zip(instance.each, marks, strict=True):
        found[exercise.family].append(value)
    return {name: float(np.mean(values)) for name, values in found.items() if values}
