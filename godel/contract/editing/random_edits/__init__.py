"""Random edits of a program, for scaffolds without a model: operators, and what draws and makes one edit.

An edit draws a place (a function of a file, or what a file has outside of its functions), an operator, a site there,
and what shall stand in it. It counts when the file compiles and has changed. A scaffold says how it is drawn
(`Editor`), and may bring operators of its own; whatever it says, an edit is a valid one, or there is none.
"""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import libcst as cst

from godel.contract.program import Edit, Program

from .expressions import argument, combine, expression, name, simplify
from .functions import transplant
from .numbers import number
from .place import Draw, NoSite, Operator, Place, places
from .signs import arithmetic, boolean, comparison
from .statements import delete, duplicate, move, wrap
from .tree import Change, Tree

__all__ = ["OPERATORS", "WEIGHTS", "Change", "Draw", "Editor", "NoSite", "Operator", "Place", "Tree", "places"]

WEIGHTS: Mapping[str, float] = {
    "number": 8,
    "arithmetic": 2,
    "comparison": 2,
    "boolean": 1,
    "name": 6,
    "expression": 2,
    "combine": 2,
    "simplify": 1,
    "argument": 2,
    "delete": 1,
    "duplicate": 1,
    "move": 1,
    "wrap": 1,
    "transplant": 1,
}
"""How often each operator is drawn, relative to the others, where a scaffold does not say."""

OPERATORS: Mapping[str, Operator] = {
    operator.__name__: operator
    for operator in (
        number,
        arithmetic,
        comparison,
        boolean,
        name,
        expression,
        combine,
        simplify,
        argument,
        delete,
        duplicate,
        move,
        wrap,
        transplant,
    )
}
"""By name: an edit reports the name of the operator that made it."""

ATTEMPTS = 20
"""Operators that are tried in one place, before another place is drawn."""

INVALID = (NoSite, SyntaxError, ValueError, ArithmeticError, RecursionError, cst.CSTValidationError)
"""What an operator, libcst or the compiler says of an edit that can't be made."""

T = TypeVar("T")


def size(place: Place) -> float:
    """As often as there is something to edit."""
    return place.size


@dataclass(frozen=True)
class Editor:
    """How an edit is drawn. `weights` of the operators (those that it lacks are never drawn); `step`: the standard
    deviation of the logarithm of a number's change; `aim`: how often a place is drawn, relative to the others."""

    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)
    step: float = 0.5
    aim: Callable[[Place], float] = size
    operators: Mapping[str, Operator] = field(default_factory=lambda: OPERATORS)

    def edited(self, program: Program, rng: random.Random, donor: Program | None = None) -> Program:
        """`program` after one edit; itself where none is found. A function may take the body of one of `donor`."""
        donors = list({place.path: place.tree for place in places(donor or program)}.values())
        draw = Draw(rng, self.step, donors)
        left = places(program)
        while left:
            place = drawn(left, [self.aim(each) for each in left], rng)
            left.remove(place)
            if made := self._edit(place, draw):
                return program.with_file(place.path, *made)
        return program

    def _edit(self, place: Place, draw: Draw) -> tuple[str, Edit] | None:
        names = [name for name in self.operators if name in self.weights]
        for _ in range(ATTEMPTS if names else 0):
            operator = drawn(names, [self.weights[name] for name in names], draw.rng)
            try:
                return applied(operator, self.operators[operator](place, draw), place)
            except INVALID:
                continue
        return None


def drawn(items: Sequence[T], weights: Sequence[float], rng: random.Random) -> T:
    """One of `items` by its weight. One that is below 0 or no number counts as 0; where all do, all are alike."""
    usable = [weight if 0 < weight < math.inf else 0.0 for weight in weights]
    return rng.choices(items, usable if 0 < sum(usable) < math.inf else None)[0]


def applied(operator: str, change: Change, place: Place) -> tuple[str, Edit]:
    """The file's new text, which compiles and is not the old one. Raises one of INVALID."""
    tree = place.tree
    text = tree.replace(change)
    if text == tree.text:
        raise NoSite
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(text, place.path, "exec", dont_inherit=True)
    before, after = tree.describe(change)
    return text, Edit(operator, f"{place.path}:{tree.symbol(next(iter(change)))}", before, after)
