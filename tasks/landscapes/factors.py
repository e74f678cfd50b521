"""Numbers with names, and how far off each is, as a factor."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ..judging.reading import read

FAR = 4.0
"""As a logarithm: what is further off, or not positive, counts as this."""


def off(value: float, best: float) -> float:
    """The logarithm of a factor: 0 is right, ±0.7 twice as much or half."""
    return max(-FAR, min(math.log(value / best), FAR)) if value / best > 0 else FAR


def all_off(text: str, best: Mapping[str, float]) -> list[float]:
    """Of each of these numbers in a text, in order. Raises Invalid."""
    values = read(text).chosen(list(best))
    return [off(value, right) for value, right in zip(values, best.values(), strict=True)]


def drifted(best: Mapping[str, float], drift: float, rng: np.random.Generator) -> dict[str, float]:
    """Other best values nearby: each by a factor, log-normal with this deviation."""
    return {name: value * math.exp(rng.normal(0, drift)) for name, value in best.items()}


def rms(values: list[float]) -> float:
    return math.sqrt(sum(value * value for value in values) / len(values))


def written(numbers: Mapping[str, float]) -> str:
    """A text that says these numbers."""
    return "".join(f"{name} = {value:.4g}\n" for name, value in numbers.items())


def named(prefix: str, values: list[float]) -> dict[str, float]:
    """A, B, C, ... after a prefix."""
    return {f"{prefix}_{chr(ord('A') + place)}": value for place, value in enumerate(values)}
