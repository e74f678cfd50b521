"""Learning parity with noise: the accuracy on clean labels, over a ladder of secrets.

The task of the Self-Taught Optimizer (Zelikman et al. 2023), made unsaturable: the bits
grow until 2 ** bits secrets can't be tried within the limit, and the noise until pooled
Gaussian elimination takes too many tries. Vectors cross as integers, one bit a coordinate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from godel.tasks.judging import Candidate, Verdict
from godel.tasks.judging.arrays import integers, pack
from godel.tasks.judging.seeding import stream

PARTS = 6
"""Of the ladder, that are told apart."""


@dataclass(frozen=True)
class Rung:
    """One secret: noisy samples of it, and queries with their clean answers."""

    bits: int
    samples: np.ndarray
    labels: np.ndarray
    queries: np.ndarray
    answers: np.ndarray


def instance(seed: int, preset: Mapping[str, Any]) -> tuple[Rung, ...]:
    return tuple(rung(preset, height, stream(seed, "parity", height)) for height in range(preset["rungs"]))


def rung(preset: Mapping[str, Any], height: int, rng: np.random.Generator) -> Rung:
    bits, noise = difficulty(preset, height / (preset["rungs"] - 1))
    secret = int(rng.integers(1, 1 << bits))
    samples = rng.integers(0, 1 << bits, preset["samples_per_bit"] * bits)
    queries = rng.integers(0, 1 << bits, preset["queries"])
    flips = rng.permutation(len(samples)) < round(noise * len(samples))  # an exact part: less luck
    return Rung(bits, samples, parity(samples & secret) ^ flips, queries, parity(queries & secret))


def difficulty(preset: Mapping[str, Any], height: float) -> tuple[int, float]:
    """Bits and noise at a height from 0 to 1. Tries of pooled Gaussian elimination needed,
    (1 - noise) ** -bits, grow ever faster: most rungs are small and cheap, the last ones out of reach."""
    bits = preset["least_bits"] + (preset["most_bits"] - preset["least_bits"]) * height**4
    return round(bits), preset["least_noise"] + (preset["most_noise"] - preset["least_noise"]) * height


def parity(vectors: np.ndarray) -> np.ndarray:
    """0 or 1 for each: whether an odd number of its bits is set."""
    vectors = vectors.copy()
    for shift in (32, 16, 8, 4, 2, 1):
        vectors ^= vectors >> shift
    return vectors & 1


def score(instance: tuple[Rung, ...], candidate: Candidate) -> Verdict:
    candidate.start()
    answers = np.concatenate([rung.answers for rung in instance])
    predicted = integers(candidate.call(public(instance)), answers.shape, 0, 2, "labels")
    accuracies = (predicted == answers).reshape(len(instance), -1).mean(axis=1)
    return Verdict(float(accuracies.mean()), {"accuracies": accuracies.tolist()}, numbers=told(instance, accuracies))


def told(instance: tuple[Rung, ...], accuracies: np.ndarray) -> dict[str, float]:
    """The mean accuracy of each part of the ladder, from the easiest to the hardest."""
    parts = np.array_split(np.arange(len(instance)), min(PARTS, len(instance)))
    return {f"accuracy on rungs {part[0] + 1} to {part[-1] + 1}": float(accuracies[part].mean()) for part in parts}


def public(instance: tuple[Rung, ...]) -> dict[str, Any]:
    """The rungs one after the other: a few long arrays cross faster than many short ones."""
    return {
        "bits": [rung.bits for rung in instance],
        "sizes": [len(rung.samples) for rung in instance],
        "samples": pack(np.concatenate([rung.samples for rung in instance])),
        "labels": pack(np.concatenate([rung.labels for rung in instance])),
        "queries": pack(np.concatenate([rung.queries for rung in instance])),
    }
