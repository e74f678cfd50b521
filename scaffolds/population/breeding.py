"""The operators: what is made of a parent, of it and a mate, or of a function of the mate."""

from __future__ import annotations

import random

from blending import blended

from godel.contract import Program
from godel.contract.editing.crossing import crossed
from godel.contract.editing.random_edits import Editor

ARMS = {
    "coarse": 3.0,
    "fine": 3.0,
    "signs": 1.5,
    "names": 2.0,
    "expressions": 2.0,
    "statements": 1.5,
    "cross": 2.0,
    "blend": 2.0,
    "transplant": 0.5,
}
"""How often each is drawn at first, relative to the others."""

PAIRED = ("cross", "blend", "transplant")
"""Those that need a mate."""

EDITORS = {
    "coarse": Editor({"number": 1.0}, step=1.0),
    "fine": Editor({"number": 1.0}, step=0.2),
    "signs": Editor({"arithmetic": 2.0, "comparison": 2.0, "boolean": 1.0}),
    "names": Editor({"name": 6.0, "argument": 2.0}),
    "expressions": Editor({"expression": 2.0, "combine": 2.0, "simplify": 1.0}),
    "statements": Editor({"delete": 1.0, "duplicate": 1.0, "move": 1.0, "wrap": 1.0}),
    "transplant": Editor({"transplant": 1.0}),
}


def bred(arm: str, program: Program, mate: Program, rng: random.Random) -> Program:
    """The child of one operator; `program` itself where it finds nothing to do."""
    if arm == "cross":
        return crossed(program, mate, rng)
    if arm == "blend":
        return blended(program, mate, rng)
    return EDITORS[arm].edited(program, rng, mate)
