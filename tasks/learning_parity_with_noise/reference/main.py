"""Pooled Gaussian elimination (Esser, Kuebler and May, CRYPTO 2017): solve random subsets of the
samples until a solution agrees with nearly all of them, or the tries are spent."""

import random

TRIES = 60
SPARE = 10  # rows beyond `bits`, as a square matrix over GF(2) is regular with odds of 0.29 only
ENOUGH = 0.7  # agreement that chance hardly reaches: the noise is at most a quarter


def predict(bits: int, samples: list[int], labels: list[int], queries: list[int]) -> list[int]:
    mask = learn(bits, [sample << 1 | label for sample, label in zip(samples, labels, strict=True)])
    return [(query << 1 & mask).bit_count() & 1 for query in queries]


def learn(bits: int, rows: list[int]) -> int:
    """The mask that most `rows` agree with; a row is a sample with its label as the lowest bit."""
    rng = random.Random(0)
    best, most = 0, 0
    for _ in range(TRIES):
        mask = solve(rng.sample(rows, bits + SPARE))
        agreed = sum(not (row & mask).bit_count() & 1 for row in rows)
        if agreed > most:
            best, most = mask, agreed
        if agreed > ENOUGH * len(rows):
            break
    return best


def solve(rows: list[int]) -> int:
    """The mask, its lowest bit set, that fits `rows` (Gauss-Jordan over GF(2)); free bits are 0."""
    pivots: list[int] = []
    for row in rows:
        for pivot in pivots:
            row = min(row, row ^ pivot)
        if row > 1:
            pivots = [min(pivot, pivot ^ row) for pivot in pivots]
            pivots.append(row)
    return 1 + sum(1 << pivot.bit_length() - 1 for pivot in pivots if pivot & 1)
