"""What the searchers share: a program's constants as a point."""

from __future__ import annotations

import math
from dataclasses import dataclass

from godel.contract import Program
from godel.contract.editing.random_edits.constants import Constant, constants, with_constants

from . import Scorer

SPAN = 30.0
"""A constant is searched from 1 / SPAN of its value to SPAN times that."""


@dataclass
class Search:
    """A program's constants as a point, and the best program so far. The logarithm of a constant's factor is between
    -`reach` and `reach`, in natural units."""

    program: Program
    utility: Scorer
    left: int

    def __post_init__(self) -> None:
        self.constants: list[Constant] = [each for each in constants(self.program) if each.value]
        self.reach = math.log(SPAN)
        self.best = self.program
        self.top = -math.inf
        if self.left > 0:
            self.told(self.program)

    @property
    def size(self) -> int:
        """How many constants there are."""
        return len(self.constants)

    @property
    def open(self) -> bool:
        """Whether there is something to search, and a call left."""
        return self.left > 0 and bool(self.constants)

    def at(self, logarithms: list[float]) -> float:
        """The score of the program with its constants changed by the factors with these logarithms."""
        values = {each: each.value * math.exp(log) for each, log in zip(self.constants, logarithms, strict=True)}
        return self.told(with_constants(self.program, values))

    def told(self, program: Program) -> float:
        self.left -= 1
        score = float(self.utility(program))
        if score > self.top:
            self.best, self.top = program, score
        return score
