"""What scores a program: the utility, and the score that it gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from .context import Context
from .program import Program


class Score(float):
    """A normalised score: 0 is the initial program, 1 the reference. `failure` names
    the class of a candidate that could not be scored (its value is then the floor, -1), and `detail` says why in a line
    ("NameError: name 'np' is not defined (main.py:12 in cut)"; "" where nothing is known). `numbers`: what the judge
    tells besides, by name, such as the value of each instance."""

    failure: str | None
    detail: str
    numbers: Mapping[str, float]

    def __new__(
        cls, value: float, failure: str | None = None, detail: str = "", numbers: Mapping[str, float] | None = None
    ) -> Score:
        score = super().__new__(cls, value)
        score.failure, score.detail, score.numbers = failure, detail, dict(numbers or {})
        return score


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


def briefing(utility: Utility) -> str:
    """For a prompt: what is wanted, and what is known of the record where there is something."""
    known = utility.context.in_words() if utility.context else ""
    return f"{utility.description.strip()}\n\n{known}".rstrip()
