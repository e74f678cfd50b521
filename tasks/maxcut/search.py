"""The judge's own cut: tabu search (Kochenberger et al. 2013) with a fixed number of steps."""

from __future__ import annotations

import numpy as np


def best_cut(weights: np.ndarray, rng: np.random.Generator, starts: int, steps: int) -> int:
    """The heaviest cut found. `weights` is symmetric, integral, with a zero diagonal."""
    return max(tabu(weights, rng, steps) for _ in range(starts))


def tabu(weights: np.ndarray, rng: np.random.Generator, steps: int) -> int:
    """From a random cut, `steps` times the best flip that is not tabu, even when it loses;
    a flip that would beat the best cut so far is never tabu."""
    count = len(weights)
    spins = rng.choice(np.array([-1, 1]), count)
    gains = spins * (weights @ spins)  # what a flip adds to the cut
    now = best = int((weights.sum() - spins @ weights @ spins) // 4)
    free_at = np.zeros(count, dtype=np.int64)
    for step in range(steps):
        allowed = (free_at <= step) | (now + gains > best)
        node = int(np.where(allowed, gains, -(1 << 40)).argmax())
        now += int(gains[node])
        best = max(best, now)
        free_at[node] = step + count // 10 + int(rng.integers(1, 11))
        spins[node] = -spins[node]
        gains -= 2 * spins * weights[node] * -spins[node]
        gains[node] = -gains[node]
    return best
