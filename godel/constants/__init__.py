"""Search over the numbers that a program sets at its top level: what users would reach for in a scaffold's place.

A searcher gets a program, a utility, how many calls of it it may make, and its randomness, and gives the best program
that it has seen, as a scaffold does. A constant is searched by its logarithm, up to SPAN times as large or as small as
it was; its sign stays, a zero stays, an integer stays one. A program without constants comes back as it was.
"""

from __future__ import annotations

import importlib
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from godel.contract import Program, Utility
from godel.contract.editing.random_edits.constants import Constant, constants, with_constants

SPAN = 30.0
"""A constant is searched from 1 / SPAN of its value to SPAN times that."""

SEARCHERS: Mapping[str, str] = {
    "random_search": "godel.constants.random_search:RandomSearch",
    "tpe": "godel.constants.tpe:Tpe",
    "cma_es": "godel.constants.cma_es:CmaEs",
}


class Searcher(Protocol):
    """Searches the constants of a program."""

    def __call__(self, program: Program, utility: Utility, budget: int, rng: random.Random) -> Program:
        """The best program seen within `budget` calls of the utility. Raises BudgetExhausted if it has fewer."""


def make(name: str) -> Searcher:
    """A searcher by name. Raises LookupError with those there are, and ImportError where its library is missing."""
    if name not in SEARCHERS:
        raise LookupError(f"unknown searcher {name!r}; there are: {', '.join(SEARCHERS)}")
    module, _, made = SEARCHERS[name].partition(":")
    searcher: Searcher = getattr(importlib.import_module(module), made)()
    return searcher


@dataclass
class Search:
    """A program's constants as a point, and the best program so far. The logarithm of a constant's factor is between
    -`reach` and `reach`, in natural units."""

    program: Program
    utility: Utility
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
