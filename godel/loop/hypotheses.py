"""What an acceptance decides about, from what is known before the child is scored."""

from __future__ import annotations

from collections.abc import Iterable

from godel.policies.acceptance import Hypothesis
from godel.tasks import FLOOR

LEAST = 1.0
"""A bound may be wider than it has to be, and none is 0."""


def hypothesis(number: int, parent: Iterable[float]) -> Hypothesis:
    """That of the child of generation `number`. `parent`: the parent's scores on the trials that both have. A child
    falls to the lowest score at most."""
    return Hypothesis(number, max([LEAST, *(score - FLOOR for score in parent)]))
