"""Moves one constant at a time by a random factor, and keeps what is better."""

from __future__ import annotations

import random
import re

from godel.contract import Edit, Model, Program, Utility

STEP = 0.5
TRIES = 24
CONSTANT = re.compile(r"^([A-Z]+) = ([\d.]+)$", re.M)


def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:
    if not utility.remaining:
        return moved(program, rng)
    best, score = program, utility(program)
    for _ in range(min(TRIES, utility.remaining)):
        tried = moved(best, rng)
        if (result := utility(tried)) > score:
            best, score = tried, result
    return best


def moved(program: Program, rng: random.Random) -> Program:
    constants = CONSTANT.findall(program.files[program.entry])
    if not constants:
        return program
    name, value = rng.choice(constants)
    number = float(value) * (1 + STEP) ** rng.choice((-2, -1, 1, 2))
    new = str(max(1, round(number))) if value.isdigit() else repr(number)
    text = program.files[program.entry].replace(f"\n{name} = {value}\n", f"\n{name} = {new}\n")
    return program.with_file(program.entry, text, Edit("move", name, value, new))
