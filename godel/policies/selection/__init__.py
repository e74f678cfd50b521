"""What a run does next: which scaffold becomes a parent, or is evaluated further.

A new policy is a sibling file and a line below.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from godel.lineage import Spend
from godel.lineage.analysis.members import Members
from godel.outside import WrongAnswer
from godel.registry import Registry

if TYPE_CHECKING:
    from godel.lineage import Trial


class View(Protocol):
    """What a selection may know of the lineage: what was recorded before. Scaffolds go by the hash of their tree."""

    @property
    def seed(self) -> str:
        """The scaffold that the run began with."""

    @property
    def generation(self) -> int:
        """The number of the one that is chosen for. The last ones before it may be in flight, and not known yet."""

    @property
    def members(self) -> Members:
        """Who may become a parent, oldest first; never empty. It gives the best and draws by weight at a cost that
        hardly grows with it, where looking through all of them does."""

    def scores(self, tree: str) -> Mapping[Trial, float]:
        """What it scored, by task, split and seed: the search split alone."""

    def children(self, tree: str) -> Sequence[str]:
        """Its scored children, kept or not."""

    def clade(self, tree: str) -> Sequence[str]:
        """Itself, and all that descend from it and were scored, kept or not."""

    def spend(self, tree: str) -> Spend:
        """What its generation cost: making it and scoring it."""

    def depth(self, tree: str) -> int:
        """Self-edits from the seed to it, by first parents."""

    def size(self, tree: str) -> int:
        """Characters of its source, all files together."""


MOST_TRIALS = 1000
"""That one answer may ask for."""


@dataclass(frozen=True)
class Expand:
    """Make a new child of these members, in order; the first one edits itself."""

    parents: tuple[str, ...]


@dataclass(frozen=True)
class Evaluate:
    """No new child: score a member on so many further trials of the search split."""

    tree: str
    trials: int = 1


class Selection(Protocol):
    def choose(self, view: View, rng: random.Random) -> Expand | Evaluate:
        """What is done next."""


SELECTIONS: Registry[Selection] = Registry(
    kind="selection",
    key="selection",
    group="godel.selection",
    shipped={
        "best": "godel.policies.selection.best:Best",
        "chain": "godel.policies.selection.chain:Chain",
        "dgm": "godel.policies.selection.dgm:DarwinGodel",
        "hgm": "godel.policies.selection.hgm:HuxleyGodel",
        "islands": "godel.policies.selection.islands:Islands",
        "pareto": "godel.policies.selection.pareto:Pareto",
        "productive": "godel.policies.selection.productive:Productive",
        "root": "godel.policies.selection.root:Root",
        "shinka": "godel.policies.selection.shinka:Shinka",
        "ucb": "godel.policies.selection.ucb:UpperBound",
        "uniform": "godel.policies.selection.uniform:Uniform",
    },
    needs=("choose",),
)


def chosen(policy: Selection, view: View, rng: random.Random) -> Expand | Evaluate:
    """The policy's answer. Raises OutsideFailed for one that names no member of the view."""
    with SELECTIONS.outside(policy):
        answer = policy.choose(view, rng)
        if not named(answer) or not all(map(view.members.of, named(answer))):
            raise WrongAnswer(answer, "Expand or Evaluate of members of its view")
        return answer


def named(answer: object) -> tuple[str, ...]:
    """The scaffolds that an answer names; none where it is no answer."""
    if isinstance(answer, Expand) and isinstance(answer.parents, Sequence):
        return tuple(answer.parents) if _texts(answer.parents) else ()
    if isinstance(answer, Evaluate) and type(answer.trials) is int and 0 < answer.trials <= MOST_TRIALS:
        return (answer.tree,) if isinstance(answer.tree, str) else ()
    return ()


def _texts(values: Sequence[object]) -> bool:
    return all(isinstance(each, str) for each in values)
