"""Moves a constant by a random factor; of two parents it first takes some of the second one's constants."""

from __future__ import annotations

import random
import re

from godel.contract import Edit, Model, Program, Utility

WIDTH = 1.0
STEP = 0.5
TRIES = 8
CONSTANT = re.compile(r"^([A-Z]+) = ([-+.\de]+)$", re.M)


def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:
    for other in utility.context.others if utility.context else ():
        program = mixed(program, other, rng)
    best, score = program, utility(program) if utility.remaining else None
    for _ in range(min(TRIES, utility.remaining) if score is not None else 1):
        tried = moved(best, rng)
        if score is None or (found := utility(tried)) > score:
            best, score = tried, score if score is None else found
    return best


def mixed(program: Program, other: Program, rng: random.Random) -> Program:
    theirs = dict(CONSTANT.findall(other.files[other.entry]))
    for name, mine in CONSTANT.findall(program.files[program.entry]):
        if theirs.get(name, mine) != mine and rng.random() < 0.5:
            program = changed(program, "cross", name, mine, theirs[name])
    return program


def moved(program: Program, rng: random.Random) -> Program:
    constants = CONSTANT.findall(program.files[program.entry])
    if not constants:
        return program
    name, value = rng.choice(constants)
    factor = (1 + STEP) ** rng.choice((-2, -1, 1, 2))
    number = float(value) * factor
    return changed(program, "move", name, value, str(max(1, round(number))) if value.isdigit() else repr(number))


def changed(program: Program, operator: str, name: str, before: str, after: str) -> Program:
    text = program.files[program.entry].replace(f"\n{name} = {before}\n", f"\n{name} = {after}\n")
    return program.with_file(program.entry, text, Edit(operator, name, before, after))
