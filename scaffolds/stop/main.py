"""The seed improver of the Self-Taught Optimizer: a few improved versions, of which the best is kept."""

from __future__ import annotations

import math
import random

from writer import Writer

from godel.contract import Model, Program, Utility, briefing, failed, is_scaffold

CALLS = 4  # of the model, at most
SAMPLES = 6  # replies of one call, at most
EVALUATIONS = 25  # calls of the utility, at most: what all those replies may need, and the program itself
ROUNDS = 1  # of samples, each from the best so far
TEMPERATURE = 0.7


def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:
    """The best of the program and some improved versions; the first version, where none can be scored."""
    writer = Writer(model, f"{briefing(utility)}\n\n{budgets(utility)}", CALLS, TEMPERATURE)
    if not utility.remaining:  # only one can be handed in, and nobody could say which
        return next((version.program for version in writer.versions(program, 1)), program)
    return improve_algorithm(program, utility, writer)


def improve_algorithm(initial: Program, utility: Utility, writer: Writer) -> Program:
    """By the name that it has in the paper. What improves itself hands in its best version, better or not:
    it is judged elsewhere, and no change at all is none."""
    best, notes = initial, tuple[str, ...]()
    best_score = -math.inf if is_scaffold(initial) else float(utility(initial))
    left = min(EVALUATIONS - 1, utility.remaining)
    for _ in range(ROUNDS):
        versions = writer.versions(best, min(SAMPLES, left), notes)
        left -= len(versions)
        for version in versions:
            score = utility(version.program)
            if score > best_score:
                best, best_score, notes = version.program, score, version.notes
            elif score.failure:
                notes = (*notes, f"a version that was tried failed: {failed(score)}")
    return best


def budgets(utility: Utility) -> str:
    """As the paper's descriptions say them: what an improver of this kind may use."""
    return (
        f"Budgets: an improver may ask the model {CALLS} times, for {SAMPLES} replies each, and call the utility "
        f"{EVALUATIONS} times; here {utility.remaining} calls of the utility are left."
    )
