"""Search over the numbers that a program sets at its top level: what users would reach for in a scaffold's place.

A searcher gets a program, a utility, how many calls of it it may make, and its randomness, and gives the best
program that it has seen, as a scaffold does. A constant is searched by its logarithm, up to `search.SPAN` times as
large or as small as it was; its sign stays, a zero stays, an integer stays one. A program without constants comes
back as it was.
"""

from __future__ import annotations

import importlib
import importlib.util
import random
from collections.abc import Callable, Mapping
from typing import Protocol

from godel.contract import Program

SEARCHERS: Mapping[str, str] = {
    "random_search": "godel.constants.random_search:RandomSearch",
    "tpe": "godel.constants.tpe:Tpe",
    "cma_es": "godel.constants.cma_es:CmaEs",
}
LIBRARIES = {"tpe": "optuna", "cma_es": "cmaes"}

Scorer = Callable[[Program], float]
"""Scores a program: more is better."""


class Searcher(Protocol):
    """Searches the constants of a program."""

    def __call__(self, program: Program, utility: Scorer, budget: int, rng: random.Random) -> Program:
        """The best program seen within `budget` calls of the utility. Raises BudgetExhausted if it has fewer."""


def make(name: str) -> Searcher:
    """A searcher by name. Raises LookupError with those there are, and ImportError where its library is missing."""
    if name not in SEARCHERS:
        raise LookupError(f"unknown searcher {name!r}; there are: {', '.join(SEARCHERS)}")
    module, _, made = SEARCHERS[name].partition(":")
    searcher: Searcher = getattr(importlib.import_module(module), made)()
    return searcher


def stand_in(name: str) -> Program:
    """What a searcher is recorded as, where a scaffold's source would be. It is never run."""
    text = f"The search {name} over a program's numbers, done by the laboratory itself."
    return Program({"main.py": f'"""{text}"""\n'})


def searcher_of(program: Program) -> str:
    """The name of the searcher that this stands for; "" for a scaffold."""
    return next((name for name in SEARCHERS if stand_in(name).digest == program.digest), "")


def missing(name: str) -> str:
    """The library that a searcher needs and that is not installed, or ""."""
    library = LIBRARIES.get(name, "")
    return library if library and importlib.util.find_spec(library) is None else ""
