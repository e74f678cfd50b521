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
    """The score, and why it is one of a failure, if it is."""
    failure = f", a failure: {score.failure}" if score.failure else ""
    return f"{score:.{DIGITS}f}{failure}"
