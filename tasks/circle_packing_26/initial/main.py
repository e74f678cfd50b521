"""Centres on a spiral, pushed apart for a while, and radii that grow into the room there is."""

import numpy as np

TURN = 2.1  # radians from one centre to the next
REACH = 0.3  # of the outermost centre from the middle
PUSHES = 3
PUSH = 0.0003
EDGE = 0.14  # that pushed centres keep from the border
ROUNDS = 1
GREED = 0.3  # of the room it finds, the part that a circle takes in a round
MARGIN = 1e-9


def centred(count: int) -> np.ndarray:
    number = np.arange(count)
    reach = REACH * np.sqrt(number / count)
    return 0.5 + np.column_stack([reach * np.cos(TURN * number), reach * np.sin(TURN * number)])


def spread(centres: np.ndarray) -> np.ndarray:
    """Every centre pushes every other one away."""
    apart = centres[:, None] - centres
    nearness = 1 / (MARGIN + (apart**2).sum(axis=2))
    push = (apart * nearness[:, :, None]).sum(axis=1)
    return np.clip(centres + PUSH * push, EDGE, 1 - EDGE)


def grow(radii: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Each circle in turn takes a part of what the border and the others leave."""
    for index, centre in enumerate(centres):
        gaps = np.sqrt(((centre - centres) ** 2).sum(axis=1)) - radii
        gaps[index] = min(centre.min(), 1 - centre.max())
        radii[index] += GREED * (gaps.min() - radii[index])
    return radii


def packing(count: int) -> np.ndarray:
    """A row (x, y, radius) for each circle."""
    centres = centred(count)
    for _ in range(PUSHES):
        centres = spread(centres)
    radii = np.zeros(count)
    for _ in range(ROUNDS):
        radii = grow(radii, centres)
    return np.column_stack([centres, radii - MARGIN])
