"""Random edits, kept where they pay. Its settings start bad ON PURPOSE: see its README.md, and `expert` beside it."""

from __future__ import annotations

import random
from typing import NamedTuple

from godel.contract import Model, Program, Utility
from godel.contract.editing.random_edits import Editor, Place

STEP = 4.0  # standard deviation of the logarithm of a number's change
NUMBERS = 12.0  # how often a number is changed, relative to
NAMES = 1.0  # names and arguments, and to
OTHERS = 2.0  # comparisons, operators, expressions and statements
OUTSIDE = 20.0  # how much likelier an edit is outside of functions
MORE = 1  # edits of a candidate that can be scored, after the first
MARGIN = 0.1  # that a gain has to have to be kept
RESTARTS = 0.6  # of the candidates are made of what it was given, the others of the best
LOOKS = 2.0  # calls that one candidate gets
RESERVE = 0.5  # of the calls are not used


def aim(place: Place) -> float:
    return place.size if place.symbol else place.size * OUTSIDE


EDITOR = Editor(
    weights={
        "number": NUMBERS,
        "name": NAMES,
        "argument": NAMES,
        "comparison": OTHERS,
        "arithmetic": OTHERS,
        "expression": OTHERS,
        "combine": OTHERS,
        "delete": OTHERS,
        "move": OTHERS,
    },
    step=STEP,
    aim=aim,
)


class Seen(NamedTuple):
    program: Program
    score: float


def candidate(program: Program, rng: random.Random) -> Program:
    made = EDITOR.edited(program, rng)
    for _ in range(MORE):
        made = EDITOR.edited(made, rng)
    return made


def looked(program: Program, utility: Utility) -> Seen:
    scores = [utility(program)]
    while utility.remaining and len(scores) < LOOKS:
        scores.append(utility(program))
    return Seen(program, sum(scores) / len(scores))


def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:
    """The best of what it has seen; without a budget, one blind edit."""
    if not utility.remaining:
        return EDITOR.edited(program, rng)
    reserve = utility.remaining * RESERVE
    start = best = looked(program, utility)
    while utility.remaining and utility.remaining > reserve:
        here = start if rng.random() < RESTARTS else best
        tried = looked(candidate(here.program, rng), utility)
        if tried.score > best.score + MARGIN:
            best = tried
    return best.program
