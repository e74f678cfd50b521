"""Curves drawn by hand: how much a bin is wanted, by the room that it would have left."""

import numpy as np

LEFT = (0.0, 4.0, 10.0, 20.0, 40.0)  # percent of a bin
SMALL = (0.3, 0.5, 0.4, 0.6, 0.2)
MIDDLE = (0.5, 0.4, 0.3, 0.6, 0.3)
LARGE = (0.3, 0.2, 0.5, 0.6, 0.4)
MIDDLE_FROM = 0.3  # of a bin
LARGE_FROM = 0.5


def curve(size: float) -> tuple[float, ...]:
    """What is wanted for an item of this size, as a part of a bin."""
    if size > LARGE_FROM:
        return LARGE
    if size > MIDDLE_FROM:
        return MIDDLE
    return SMALL


def priority(item: float, bins: np.ndarray) -> np.ndarray:
    """`bins` is the room that's left in each, the last one's all that there is."""
    capacity = bins[-1]
    left = 100 * (bins - item) / capacity
    return np.interp(left, LEFT, curve(item / capacity))
