"""Small problems whose program is read, not run: an evaluation costs a fraction of a millisecond.

A problem is a landscape over texts, one family a file. A task of the suite `micro` has one problem, written down in
its `judge.py`; an instance of it is what a seed makes of it: a sample, a drift of the best values, a draw of noise.
Weak improvers are judged on problems that are drawn (`draw`), of every family.

These files are sent to judges, and are in no other guest: they say what is best.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from ..judging import Candidate, Verdict
from ..judging.reading import text_of

Landscape = Callable[[str], float]
"""The value of an untrusted text, more is better. Raises Invalid."""


class Problem(Protocol):
    """What stays the same from instance to instance."""

    def at(self, seed: int) -> Landscape:
        """The instance of a seed: a pure function, noise included."""


class Drawn(NamedTuple):
    """A problem, a text to begin with, and a good one."""

    problem: Problem
    initial: str
    reference: str


Draw = Callable[[np.random.Generator], Drawn]
"""A problem of a family."""


def score(instance: Landscape, candidate: Candidate) -> Verdict:
    """The value of the program's text, for a task's judge."""
    value = instance(text_of(candidate))
    return Verdict(value, numbers={"value": value})
