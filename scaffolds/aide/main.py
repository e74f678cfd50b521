"""AIDE: a search in the tree of solutions, a node for each program that was tried."""

from __future__ import annotations

import random

import policy
from journal import Journal, Node
from steps import step

from godel.contract import BudgetExhausted, Model, Program, RequestRefused, Utility, briefing, is_scaffold

PROPOSALS = 10  # asked for at most, where one is enough


def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:
    """The best program of the tree. Without a budget to score one: an improvement, not tried."""
    if not utility.remaining:
        return untried(program, briefing(utility), model)
    journal = Journal(Node(program, "the program as it was given", "given").scored(utility(program)))
    try:
        search(journal, utility, model, rng)
    except (BudgetExhausted, RequestRefused) as end:
        print(f"the search ends: {end!r}")
    print(journal.summary())
    return journal.handed_in(differing=is_scaffold(program)).program


def search(journal: Journal, utility: Utility, model: Model, rng: random.Random) -> None:
    """A step for each program that may still be scored; one without a usable reply adds no node."""
    steps, goal = utility.remaining, briefing(utility)
    for _ in range(steps):
        parent = policy.choose(journal, policy.drafts(steps), rng)
        if node := step(journal, parent, goal, model):
            journal.nodes.append(node.scored(utility(node.program)))


def untried(program: Program, goal: str, model: Model) -> Program:
    """`program` with the first improvement that can be applied, or as it is where none can."""
    given = Node(program, "the program as it was given", "given")
    try:
        for _ in range(PROPOSALS):
            if node := step(Journal(given), given, goal, model):
                return node.program
    except (BudgetExhausted, RequestRefused) as end:
        print(f"no improvement was made: {end!r}")
    return program
