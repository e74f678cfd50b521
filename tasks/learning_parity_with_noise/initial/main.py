"""Solves a few small sets of samples, and keeps the solution that a few others agree with."""

import random

TRIES = 2
TRIES_PER_BIT = 0.05
ROWS = 1.0  # in a set, for each bit
POOL = 0.3  # of the samples, the part that sets are drawn from
JUDGES = 0.1  # of the samples, the part that a solution is tried on
ENOUGH = 0.8  # of the judges: then the search stops


def solve(rows: list[int]) -> int:
    """A secret that fits all `rows`; a row is a sample with its label as the lowest bit."""
    pivots: list[int] = []
    for row in rows:
        for pivot in pivots:
            row = min(row, row ^ pivot)
        if row > 1:
            top = 1 << row.bit_length() - 1
            pivots = [pivot ^ row if pivot & top else pivot for pivot in pivots]
            pivots.append(row)
    return sum(1 << pivot.bit_length() - 2 for pivot in pivots if pivot & 1)


def learn(bits: int, rows: list[int]) -> int:
    rng = random.Random(1)
    size = int(ROWS * bits)
    pool = rows[: max(size, int(POOL * len(rows)))]
    judges = rows[-int(JUDGES * len(rows)) :]
    best, most = 0, 0
    for _ in range(TRIES + int(TRIES_PER_BIT * bits)):
        secret = solve(rng.sample(pool, size))
        agreed = sum(1 - (row & (2 * secret + 1)).bit_count() % 2 for row in judges)
        if agreed > most:
            best, most = secret, agreed
        if agreed > ENOUGH * len(judges):
            break
    return best


def predict(bits: int, samples: list[int], labels: list[int], queries: list[int]) -> list[int]:
    """A label, 0 or 1, for each query. Vectors of `bits` bits are integers."""
    secret = learn(bits, [2 * sample + label for sample, label in zip(samples, labels)])
    return [(query & secret).bit_count() % 2 for query in queries]
