"""Best fit: the fullest bin that still takes the item."""

import numpy as np


def priority(item: float, bins: np.ndarray) -> np.ndarray:
    return item - bins
