"""The policy: best of n independent random edits of the program it was given."""

from __future__ import annotations

import random

from godel.sandbox.guest import Model, Program, Utility
from mutate import mutate

COMPARISON = 2
"""Calls that it takes to compare a candidate with what there was before."""


def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:
    """The best program seen within the budget; a blind edit when nothing can be compared."""
    if utility.remaining < COMPARISON:
        return mutate(program, program, rng)
    best, best_score = program, utility(program)
    while utility.remaining:
        candidate = mutate(program, best, rng)
        score = utility(candidate)
        if score > best_score:
            best, best_score = candidate, score
    return best
