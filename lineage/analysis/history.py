"""All generations of a run as selection, the gate and the budgets see them: a view that only grows.

Workers run ahead of the records, so every question is asked of a prefix: the records as they stood after
generation `upto`. That is what makes a run with many workers deterministic. Sums and indexes are kept as
generations are added: what is asked for one prefix after the other costs the same however long the run is.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import RULED, Evaluation, Generation, Outcome, Spend, Split, Trial

if TYPE_CHECKING:
    from ..store import Store


@dataclass(frozen=True)
class Member:
    """A scaffold that may become a parent: the seed, or a child that was kept. `score`: mean utility on the search
    split; `children`: generations that it was a parent of, whatever became of them."""

    tree: str
    index: int
    score: float
    children: int


Scored = tuple[str, Trial, float]
"""A scaffold, a trial of the search split, and the score."""


class History:
    """Grows by `add`; whoever loads a run uses `of`."""

    @classmethod
    def of(cls, store: Store) -> History:
        """A run's, as it stands. Raises StoreDamaged."""
        found = cls()
        with store.snapshot():
            scores = store.search_scores()
            for made in store.generations():
                found._add(made, scores.get(made.index, ()))
        return found

    def __init__(self) -> None:
        self.generations: list[Generation] = []
        self._reached: dict[str, list[Generation]] = defaultdict(list)
        self._children: dict[str, list[Generation]] = defaultdict(list)
        self._scores: dict[str, dict[Trial, tuple[int, float]]] = defaultdict(dict)
        self._means: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._spent: list[Spend] = []
        self._shapes: dict[str, int] = {}
        self._members = Members(self)

    def add(self, made: Generation, evaluations: Iterable[Evaluation]) -> None:
        """The next generation, with what its child was scored, or its parent where that was evaluated further."""
        self._add(made, [(e.tree, e.trial, e.score) for e in evaluations if e.split is Split.SEARCH])

    def _add(self, made: Generation, scores: Iterable[Scored]) -> None:
        before = self._spent[-1] if self._spent else Spend()
        self.generations.append(made)
        self._spent.append(before + made.spend)
        if made.shape:
            self._shapes.setdefault(made.shape, made.index)
        if made.child:
            self._reached[made.child].append(made)
        for parent in made.expanded:
            self._children[parent].append(made)
        for tree in self._score(made.index, scores):
            self._means[tree].append((made.index, mean(self.scores(tree, made.index))))

    def __len__(self) -> int:
        return len(self.generations)

    def scored(self, evaluation: Evaluation) -> bool:
        """Whether this scaffold has a score on this trial already."""
        return evaluation.trial in self._scores.get(evaluation.tree, ())

    def scores(self, tree: str, upto: int) -> Mapping[Trial, float]:
        """Of a scaffold, on the search split, once generation `upto` was recorded."""
        return {trial: score for trial, (index, score) in self._scores.get(tree, {}).items() if index <= upto}

    def score(self, tree: str, upto: int) -> float:
        """Its mean score (see `mean`) once generation `upto` was recorded; 0 before it had any."""
        found = self._means.get(tree, [])
        place = bisect_right(found, (upto, math.inf))
        return found[place - 1][1] if place else 0.0

    def made(self, tree: str) -> Sequence[Generation]:
        """The generations that reached this scaffold, in order."""
        return self._reached.get(tree, ())

    def maker(self, tree: str) -> Generation:
        """The first generation whose child it is and that was ever kept."""
        return next(each for each in self._reached[tree] if each.ever_kept)

    def members(self, upto: int) -> Sequence[Member]:
        """Who may become a parent, oldest first; a scaffold that was reached twice counts once. Valid until the
        next question."""
        return self._members.after(upto)

    def tried(self, tree: str, upto: int) -> Sequence[Generation]:
        """The generations that it was a parent of."""
        found = self._children.get(tree, [])
        return found[: bisect_right(found, upto, key=lambda each: each.index)]

    def children(self, tree: str, upto: int) -> list[str]:
        """Its scored children, kept or not."""
        found = (each.child for each in self.tried(tree, upto) if each.child in self._scores)
        return list(dict.fromkeys(child for child in found if child))

    def clade(self, tree: str, upto: int) -> list[str]:
        """Itself, and all that descend from it and were scored, kept or not."""
        found = {tree: None}
        left = [tree]
        for each in left:
            for child in self.children(each, upto):
                if child not in found:
                    found[child] = None
                    left.append(child)
        return list(found)

    def ancestors(self, tree: str) -> list[str]:
        """The scaffolds that `tree` comes from, its first parent first."""
        found: list[str] = []
        while (parent := self.maker(tree).parent) is not None:
            found.append(parent)
            tree = parent
        return found

    def shapes(self, upto: int) -> Collection[str]:
        """The normalised hashes of all scaffolds that were made."""
        return Shapes(self._shapes, upto)

    def spend(self, upto: int) -> Spend:
        """Of all generations together."""
        return self._spent[min(upto, len(self._spent) - 1)] if self._spent and upto >= 0 else Spend()

    def _score(self, index: int, scores: Iterable[Scored]) -> dict[str, None]:
        """The scaffolds that have more scores now. What was scored first counts."""
        found: dict[str, None] = {}
        for tree, trial, score in scores:
            self._scores[tree].setdefault(trial, (index, score))
            found[tree] = None
        return found


class Members:
    """The members of one prefix, brought up to the next one generation by generation."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._begin()

    def _begin(self) -> None:
        self._next, self._rulings = 0, 0
        self._found: list[Member] = []
        self._tried: dict[str, int] = defaultdict(int)
        self._later: dict[int, list[Generation]] = defaultdict(list)

    def after(self, upto: int) -> Sequence[Member]:
        upto = min(upto, len(self._history) - 1)
        if upto < self._next - 1:
            self._begin()
        while self._next <= upto:
            self._step(self._history.generations[self._next])
            self._next += 1
        return self._found

    def _step(self, made: Generation) -> None:
        for parent in made.expanded:
            self._tried[parent] += 1
            self._refresh(parent, made.index)
        for ruling in made.rulings:
            if ruling.after > made.index:
                self._later[ruling.after].append(made)
        for each in (made, *self._later.pop(made.index, ())):
            self._refresh(each.child or each.parent or "", made.index)

    def _refresh(self, tree: str, upto: int) -> None:
        """Put in, change or take out a scaffold, as it stands after generation `upto`."""
        reached = self._history.made(tree)
        for each in reached:
            self._take_out(each.index, tree)
        kept = next((each for each in reached if each.kept_after(upto)), None)
        if kept:
            member = Member(tree, kept.index, self._history.score(tree, upto), self._tried[tree])
            insort(self._found, member, key=lambda each: each.index)

    def _take_out(self, index: int, tree: str) -> None:
        place = bisect_left(self._found, index, key=lambda each: each.index)
        if place < len(self._found) and (self._found[place].index, self._found[place].tree) == (index, tree):
            del self._found[place]


class Shapes(Collection[str]):
    """Those that a prefix has; never copied."""

    def __init__(self, first: Mapping[str, int], upto: int) -> None:
        self._first, self._upto = first, upto

    def __contains__(self, shape: object) -> bool:
        return self._first.get(str(shape), math.inf) <= self._upto

    def __iter__(self) -> Iterator[str]:
        return (shape for shape, index in self._first.items() if index <= self._upto)

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True)
class Prefix:
    """What a selection sees: the history as it stood after generation `upto`. See `policies.selection.View`."""

    history: History
    upto: int

    @property
    def seed(self) -> str:
        return self.members[0].tree

    @property
    def members(self) -> Sequence[Member]:
        return self.history.members(self.upto)

    def scores(self, tree: str) -> Mapping[Trial, float]:
        return self.history.scores(tree, self.upto)

    def children(self, tree: str) -> list[str]:
        return self.history.children(tree, self.upto)

    def clade(self, tree: str) -> list[str]:
        return self.history.clade(tree, self.upto)

    def spend(self, tree: str) -> Spend:
        scored = (each for each in self.history.made(tree) if each.outcome in RULED or each.outcome is Outcome.SEED)
        return next(scored).spend


def mean(scores: Mapping[Trial, float]) -> float:
    """Utility: the mean over tasks of the mean over seeds."""
    by_task: dict[str, list[float]] = {}
    for trial, score in scores.items():
        by_task.setdefault(trial.task, []).append(score)
    # Rounded once, so that the order in which workers brought the scores does not show.
    return math.fsum(math.fsum(each) / len(each) for each in by_task.values()) / max(1, len(by_task))
