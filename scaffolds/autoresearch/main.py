"""The loop: one change, one experiment; keep what is better, discard the rest."""

from __future__ import annotations

import random

from experiment import attempt, propose
from results import Results

from godel.contract import BudgetExhausted, Model, Program, RequestRefused, Utility, briefing, is_scaffold

PROPOSALS = 10  # asked for at most, where one is enough


def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:
    """The best program that any experiment gave. Without a budget for experiments: one change, not tried."""
    if not utility.remaining:
        return untried(program, briefing(utility), model)
    results = Results(program, utility(program))
    try:
        for _ in range(utility.remaining):
            attempt(results, utility, model)
    except (BudgetExhausted, RequestRefused) as end:
        print(f"the experiments end: {end!r}")
    print(results.table())
    return results.kept(differing=is_scaffold(program))


def untried(program: Program, goal: str, model: Model) -> Program:
    """`program` with the first change that can be made, or as it is where none can."""
    try:
        for _ in range(PROPOSALS):
            if change := propose(Results(program), goal, model).change():
                return change.program
    except (BudgetExhausted, RequestRefused) as end:
        print(f"no change was made: {end!r}")
    return program
