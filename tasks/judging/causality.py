"""Did decisions that had to be made in order look at what came later?

A program that holds the whole input can peek. The test needs no view into it: the same
prefix with another suffix, in a fresh process, must lead to the same decisions for the
prefix. Draw the cut and the new suffix secretly, and shape the request as before, so that
the check can't be told from the run that counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from . import Candidate, Invalid

if TYPE_CHECKING:
    import numpy as np


def check(candidate: Candidate, ask: Callable[[], np.ndarray], before: np.ndarray, kept: np.ndarray, what: str) -> None:
    """`ask` calls the candidate with a changed suffix and returns its decisions; where `kept`
    is true (they belong to a prefix) they must equal those of `before`. Raises Invalid."""
    import numpy as np

    candidate.start()
    if not np.array_equal(ask()[kept], before[kept]):
        raise Invalid(f"{what} depend on later items")
