"""The policy: programs live in an archive, are crossed and edited, and stay while they are good."""

from __future__ import annotations

import random
from collections.abc import Sequence

from archive import Archive, Scored
from breeding import ARMS, PAIRED, bred
from pursuit import Pursuit

from godel.contract import Model, Program, Utility

DONATED = 0.5  # of the mates are other parents of the child, where it has any
ATTEMPTS = 50  # to breed a program that was not scored before


def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:
    """The best program seen within the budget; without a budget, a child of the program and its mates, or a blind
    edit."""
    donors = utility.context.others if utility.context else ()
    pursuit = Pursuit(ARMS)
    if not utility.remaining:
        return proposal(program, donors, pursuit, rng)
    archive = Archive(program, utility(program))
    while utility.remaining:
        parent, arm, child = offspring(archive, donors, pursuit, rng)
        if not archive.is_new(child):
            break
        score = utility(child)
        pursuit.learn(arm, score > parent.score)
        archive.add(child, score)
    return archive.best.program


def proposal(program: Program, donors: Sequence[Program], pursuit: Pursuit, rng: random.Random) -> Program:
    for donor in donors:
        child = bred("cross", program, donor, rng)
        if child != program:
            return child
    return bred(pursuit.draw(rng, PAIRED), program, program, rng)


def offspring(
    archive: Archive, donors: Sequence[Program], pursuit: Pursuit, rng: random.Random
) -> tuple[Scored, str, Program]:
    """A parent, an operator and their child, which was not scored before unless none is found."""
    for _ in range(ATTEMPTS):
        parent = archive.parent(rng)
        mates = archive.others(parent)
        if donors and (not mates or rng.random() < DONATED):
            mates = list(donors)
        arm = pursuit.draw(rng, () if mates else PAIRED)
        child = bred(arm, parent.program, rng.choice(mates) if mates else parent.program, rng)
        if archive.is_new(child):
            break
    return parent, arm, child
