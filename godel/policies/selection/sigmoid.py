"""How sharply a choice follows a score."""

from __future__ import annotations

import math

MOST = 700.0
"""Of an exponent: with a greater one there is no number for the power."""


def sigmoid(x: float) -> float:
    """1 / (1 + e^-x), for any x."""
    return 1 / (1 + math.exp(min(-x, MOST)))
