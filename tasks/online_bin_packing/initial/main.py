"""A rule made of three guesses about which bin to take, added up."""

import numpy as np

CRUMB = 4.0  # room that's left over and smaller than this is lost
TIGHTNESS = 0.3
AGE = 0.6
WASTE = 0.1
NEW = 0.1


def priority(item: float, bins: np.ndarray) -> np.ndarray:
    """How much each bin is wanted; `bins` is the room that's left in each."""
    largest = bins.max()
    left = bins - item
    tightness = (largest - left) / largest
    age = np.arange(len(bins)) / len(bins)
    score: np.ndarray = TIGHTNESS * tightness + AGE * age
    for index in range(len(bins)):
        if 0 < left[index] < CRUMB:
            score[index] -= WASTE
        if bins[index] == largest:
            score[index] -= NEW
    return score
