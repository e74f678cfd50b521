"""Climbs over a program's numbers. Its self-edits are planted: it makes them one after the other, and what each of them
is worth is known beforehand."""

import random
import re

from godel.contract import Edit, Model, Program, Utility

STEP = 0.001
LABEL = "plain"

NUMBER = re.compile(r"(?<![\w.])\d+\.\d+")


def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:
    if "def improve(" in program.files["main.py"]:
        return planted(program)
    best, top = program, utility(program)
    while utility.remaining:
        child = changed(best, rng)
        score = utility(child)
        if score > top:
            best, top = child, score
    return best


def changed(program: Program, rng: random.Random) -> Program:
    """One number, moved in proportion."""
    text = program.files["main.py"]
    found = rng.choice(list(NUMBER.finditer(text)))
    value = float(found[0]) * rng.lognormvariate(0.0, STEP)
    return program.with_file("main.py", f"{text[: found.start()]}{value:.6f}{text[found.end() :]}")


def planted(program: Program) -> Program:
    """The first edit of the plan that was not made yet; a longer label when all were."""
    head, mark, plan = program.files["main.py"].partition("PLAN = ")
    for before, after in (*PLAN, ('LABEL = "', 'LABEL = "+')):
        if before in head and after not in head:
            edit = Edit("planted", "main.py", before, after)
            return program.with_file("main.py", head.replace(before, after, 1) + mark + plan, edit)
    return program


PLAN = (
    ("STEP = 0.001", "STEP = 0.04"),
    ('LABEL = "plain"', 'LABEL = "fancy"'),
    ("NUMBER = ", "def bold(step: float) -> float:\n    return step * 2.0\n\n\nNUMBER = "),
    ("rng.lognormvariate(0.0, STEP)", "rng.lognormvariate(0.0, bold(STEP))"),
    ("rng.lognormvariate(0.0, bold(STEP))", "rng.lognormvariate(0.0, bold(STEP) * 3.0)"),
)
"""A worthy one, a worthless one, a function that nobody calls yet, the call of it, a change of that very call."""
