"""What a score means, for prompts."""

from __future__ import annotations

from .utility import Score

FLOOR = -1.0
"""The lowest score, and that of a program that fails."""

SCALE = (
    "A score of 0 is that of the task's initial program, 1 that of a strong reference; more is better, and more than 1 "
    "can be had. -1 is the least, and the score of a program that fails."
)
DIGITS = 4
"""Decimals of a score, as many as a utility gives."""


def in_words(score: Score) -> str:
    """The score, why it is one of a failure if it is, and the numbers that the judge tells."""
    failure = f", a failure: {failed(score)}" if score.failure else ""
    return f"{score:.{DIGITS}f}{failure}{told(score)}"


def failed(score: Score) -> str:
    """How a program failed: the class, and the reason where one is known; "" for one that did not."""
    return f"{score.failure or ''}: {score.detail}".removesuffix(": ")


def told(score: Score) -> str:
    """The numbers of a score, in brackets after it, and what went wrong in a part of it; "" where there is neither."""
    parts = [f"{name} {value:.{DIGITS}g}" for name, value in score.numbers.items()]
    if score.detail and not score.failure:
        parts.append(score.detail)
    return f" ({'; '.join(parts)})" if parts else ""
