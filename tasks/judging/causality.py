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


def check(candidate: Candidate, ask: Callable[[], np.ndarray], before: np.ndarray, cut: int, what: str) -> None:
    """`ask` calls the candidate with everything after position `cut` changed and returns
    its decisions; those up to `cut` must equal `before[:cut]`. Raises Invalid."""
    import numpy as np

    candidate.start()
    if not np.array_equal(ask()[:cut], before[:cut]):
        raise Invalid(f"{what} depend on later items")
