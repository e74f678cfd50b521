"""The policy: best of n independent random edits of the program it was given."""

from __future__ import annotations

import random

from mutate import mutate

from godel.contract import Model, Program, Utility


def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:
    """The best program seen within the budget; without a budget, a blind edit."""
    if not utility.remaining:
        return mutate(program, program, rng)
    best, best_score = program, utility(program)
    while utility.remaining:
        candidate = mutate(program, best, rng)
        score = utility(candidate)
        if score > best_score:
            best, best_score = candidate, score
    return best
