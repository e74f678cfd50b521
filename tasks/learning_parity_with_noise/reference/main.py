"""Pooled Gaussian elimination (Esser, Kuebler and May, CRYPTO 2017): solve random subsets of the
samples until a solution agrees with nearly all of them, or the tries are spent."""

import random

TRIES = 60
SPARE = 10  # rows beyond `bits`, as a square matrix over GF(2) is regular with odds of 0.29 only
ENOUGH = 0.72  # agreement that chance hardly reaches: the noise is at most 0.22


def predict(bits: int, samples: list[int], labels: list[int], queries: list[int]) -> list[int]:
    secret = learn(bits, [sample << 1 | label for sample, label in zip(samples, labels)])
    return [(query & secret).bit_count() & 1 for query in queries]


def learn(bits: int, rows: list[int]) -> int:
    """The secret that agrees best; a row is a sample with its label as the lowest bit."""
    rng = random.Random(0)
    best, most = 0, 0
    for _ in range(TRIES):
        secret = solve(rng.sample(rows, bits + SPARE))
        agree = sum(not (row & (secret << 1 | 1)).bit_count() & 1 for row in rows)
        if agree > most:
            best, most = secret, agree
        if agree > ENOUGH * len(rows):
            break
    return best


def solve(rows: list[int]) -> int:
    """A secret that fits `rows` (Gauss-Jordan over GF(2)); free bits are 0."""
    pivots: list[int] = []
    for row in rows:
        for pivot in pivots:
            row = min(row, row ^ pivot)
        if row > 1:
            top = 1 << row.bit_length() - 1
            pivots = [pivot ^ row if pivot & top else pivot for pivot in pivots]
            pivots.append(row)
    return sum(1 << pivot.bit_length() - 2 for pivot in pivots if pivot & 1)
