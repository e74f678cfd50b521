"""Where an edit may be made: a function of a file, or what a file has outside of its functions."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import libcst as cst

from godel.contract.program import Program

from .tree import Change, Tree, parsed

EDITABLE = (cst.Name, cst.BaseNumber, cst.BaseBinaryOp, cst.BaseCompOp, cst.SimpleStatementLine)
KIND_SHARE = 0.9  # of names and expressions give way to one of their own kind, not to just any


class NoSite(Exception):
    """The operator finds nothing to edit in this place."""


@dataclass(frozen=True)
class Place:
    """A function of the file at `path`, without those inside it; or the module itself, without its functions."""

    path: str
    tree: Tree
    owner: cst.CSTNode

    @property
    def symbol(self) -> str:
        """The function's name with those of the classes around it; "" for the module."""
        return self.tree.symbol(self.owner)

    @property
    def size(self) -> int:
        """How many names, numbers, operators and statements it has: about as many ways there are to edit it."""
        return len(self.every(*EDITABLE))

    def every(self, *kinds: type[Any]) -> list[Any]:
        """The nodes of these kinds, in order."""
        return [node for node in self.tree.owned[self.owner] if isinstance(node, kinds)]


@dataclass(frozen=True)
class Draw:
    """What an edit is drawn with. `step`: the standard deviation of the logarithm of a number's change; `donors`: files
    that functions may be taken from."""

    rng: random.Random
    step: float
    donors: Sequence[Tree] = ()

    def of(self, items: Sequence[Any]) -> Any:
        """One of `items`. Raises NoSite when there is none."""
        if not items:
            raise NoSite
        return self.rng.choice(items)

    def kindred(self, tree: Tree, node: cst.CSTNode, others: list[Any]) -> list[Any]:
        """Those of `others` that are of the kind of `node`; now and then all of them."""
        return tree.alike(node, others) if self.rng.random() < KIND_SHARE else others


Operator = Callable[[Place, Draw], Change]
"""Draws what to change in a place, and what shall stand there instead. Raises NoSite where there is nothing."""


def places(program: Program) -> list[Place]:
    """All of them, by path and in order, of the Python files that can be read."""
    texts = [(path, text) for path, text in sorted(program.files.items()) if path.endswith(".py")]
    trees = [(path, tree) for path, text in texts if (tree := parsed(text))]
    return [Place(path, tree, owner) for path, tree in trees for owner in tree.owned]
