"""Solves a few small sets of samples, and keeps the solution that a few others agree with."""

import random

TRIES = 1.5
TRIES_PER_BIT = 0.06
ROWS_PER_BIT = 1.0  # in a set
JUDGES = 2.0  # samples that a solution is tried on
JUDGES_PER_BIT = 0.2


def odd(bits: int) -> bool:
    return bits.bit_count() % 2 == 1


def solve(rows: list[int]) -> int:
    """A mask that makes all `rows` even; their lowest bit is the label, the mask's is 1."""
    pivots: list[int] = []
    for row in rows:
        for pivot in pivots:
            row = min(row, row ^ pivot)
        if row > 1:
            pivots = [min(pivot, pivot ^ row) for pivot in pivots]
            pivots.append(row)
    return 1 + sum(1 << pivot.bit_length() - 1 for pivot in pivots if odd(pivot & 1))


def learn(bits: int, rows: list[int]) -> int:
    rng = random.Random(bits)
    tries = int(TRIES + TRIES_PER_BIT * bits)
    judges = rows[: int(JUDGES + JUDGES_PER_BIT * bits)]
    best, most = rows[0], 0
    for _ in range(tries):
        mask = solve(rng.sample(rows, int(ROWS_PER_BIT * bits)))
        agreed = sum(not odd(row & mask) for row in judges)
        if agreed > most:
            best, most = mask, agreed
    return best


def predict(bits: int, samples: list[int], labels: list[int], queries: list[int]) -> list[int]:
    """A label, 0 or 1, for each query. Vectors of `bits` bits are integers."""
    mask = learn(bits, [2 * sample + label for sample, label in zip(samples, labels, strict=True)])
    return [int(odd(2 * query & mask)) for query in queries]
