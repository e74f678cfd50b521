"""What scores a program: the utility, and the score that it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from .program import Program


class Score(float):
    """A normalised score: 0 is the initial program, 1 the reference. `failure` names
    the class of a candidate that could not be scored (its value is then the floor, -1)."""

    failure: str | None

    def __new__(cls, value: float, failure: str | None = None) -> Score:
        score = super().__new__(cls, value)
        score.failure = failure
        return score


@dataclass(frozen=True)
class Context:
    """What a scaffold may know of the record it stands in. `others`: further parents, in order, where a child is to
    be made of several: the program that it is given is the first."""

    others: tuple[Program, ...] = ()


class BudgetExhausted(Exception):
    """The utility or model was called more often than its budget allows."""


class Utility(Protocol):
    """Scores a program. `description` is public text; `remaining` counts the calls left
    (0 from the start means: propose blind); `context` is None where there is nothing to know."""

    description: str
    remaining: int
    context: Context | None

    def __call__(self, program: Program) -> Score:
        """Raises BudgetExhausted when `remaining` is 0."""

    def judged(self, program: Program, score: float) -> None:
        """Tell the laboratory what you think that a draft is worth (any scale, more is better). It scores the
        draft once you are done, and reports how well you judge; you are told nothing."""
