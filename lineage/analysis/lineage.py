"""A run's lineage: what the loop, credit and views know of it.

It grows by `add`. Workers run ahead of the records, so the loop asks every question of a prefix: the records as
they stood after generation `upto`. That is what makes a run with many workers deterministic; and what is asked
of one prefix after the other costs the same however long the run is.

The loop needs briefs and scores alone (`Lineage.growing`). Whatever views show beyond that is read and derived once
it is asked for; a view takes `Lineage.of`, where all of that is of one moment.
"""

from __future__ import annotations

import gc
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from math import inf
from operator import add
from typing import TYPE_CHECKING, Any

from godel.contract import Program

from .. import Evaluation, Generation, Spend, Split, Step, Trial
from ..records.events import Measured, MeasuringBegun, ReportBegun, Separated
from ..records.spend import amounts
from . import node, remarks
from .members import Members
from .moving import Known, MovingMembers
from .names import named
from .node import Node
from .prefix import First, Shapes
from .remarks import Remarks
from .statistics import utility

if TYPE_CHECKING:
    from ..store import Store


class Lineage:
    def __init__(self, store: Store | None = None) -> None:
        """One without generations. `store`: where the rest of what is recorded is read."""
        self._store = store
        self._steps, self._made, self._tried = known = Known([], defaultdict(list), defaultdict(list))
        self._scores: dict[str, list[tuple[int, Trial, float]]] = defaultdict(list)
        self._means: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._spent: list[tuple[Any, ...]] = []
        self._shapes: dict[str, int] = {}
        self._sizes: dict[str, int] = {}
        self._members = MovingMembers(known, self.score)
        self.remarks: Callable[[], Remarks | None] = remarks.none
        """On the run, from whoever reads it; asked for only where they are shown."""

    @classmethod
    def of(cls, store: Store) -> Lineage:
        """A run's, all of one moment, though a writer goes on. Raises StoreDamaged."""
        with store.snapshot():
            generations = store.generations()
            lineage = cls._grown(store, generations)
            lineage._generations = generations
            for what in ("nodes", "measured", "separated"):  # read in this moment
                getattr(lineage, what)
            return lineage

    @classmethod
    def growing(cls, store: Store) -> Lineage:
        """A run's, for whoever alone goes on writing it. Raises StoreDamaged."""
        with store.snapshot(), uncollected():
            return cls._grown(store, store.briefs())

    @classmethod
    def _grown(cls, store: Store, steps: Iterable[Step]) -> Lineage:
        lineage = cls(store)
        for step in steps:
            lineage._add(step)
        for index, tree, trial, score in store.search_scores():
            lineage._scores[tree].append((index, trial, score))
        return lineage

    def add(self, made: Generation, evaluations: Iterable[Evaluation]) -> None:
        """The next generation, with what its child was scored, or its parent where that was evaluated further."""
        if "_generations" in vars(self):
            self._generations.append(made)
        for derived in ("evaluations", "nodes", "uses", "best"):
            vars(self).pop(derived, None)
        self._add(made)
        for each in evaluations:
            if each.split is Split.SEARCH:
                self._scores[each.tree].append((made.index, each.trial, each.score))

    def _add(self, step: Step) -> None:
        self._steps.append(step)
        self._members.add(step)
        self._spent.append(tuple(map(add, self._spent[-1] if self._spent else NOTHING, amounts(step.spend))))
        if step.shape:
            self._shapes.setdefault(step.shape, step.index)
        if step.child:
            self._made[step.child].append(step)
        for parent in step.expanded:
            self._tried[parent].append(step)

    # --- asked of a prefix: nothing of it is copied or looked through ---

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def steps(self) -> Sequence[Step]:
        """The generations, as far as the loop knows them."""
        return self._steps

    def members(self, upto: float = inf) -> Members:
        """Who may become a parent, oldest first; a scaffold that was reached twice counts once. Valid until the
        next question."""
        return self._members.after(self._last(upto))

    def scores(self, tree: str, upto: float = inf) -> Mapping[Trial, float]:
        """Of a scaffold, on the search split, once generation `upto` was recorded. What was scored first counts."""
        by_trial: dict[Trial, float] = {}
        for index, trial, score in self._scores.get(tree, ()):
            if index <= upto:
                by_trial.setdefault(trial, score)
        return by_trial

    def score(self, tree: str, upto: float = inf) -> float:
        """Its utility on the search split, once generation `upto` was recorded; 0 before it had any score."""
        scores, means = self._scores.get(tree, ()), self._means[tree]
        if scores and (not means or means[-1][0] < scores[-1][0]):
            known = means[-1][0] if means else -1
            fresh = dict.fromkeys(index for index, _, _ in scores if index > known)
            means += [(index, utility(self.scores(tree, index))) for index in fresh]
        place = bisect_right(means, (upto, inf))
        return means[place - 1][1] if place else 0.0

    def has_score(self, evaluation: Evaluation) -> bool:
        """Whether this scaffold has a score on this trial already."""
        return any(trial == evaluation.trial for _, trial, _ in self._scores.get(evaluation.tree, ()))

    def made(self, tree: str) -> Sequence[Step]:
        """The generations that reached this scaffold, in order."""
        return self._made.get(tree, ())

    def tried(self, tree: str, upto: float = inf) -> Sequence[Step]:
        """The generations that were to make a child of it."""
        return First(steps := self._tried.get(tree, []), bisect_right(steps, upto, key=lambda each: each.index))

    def children(self, tree: str, upto: float = inf) -> list[str]:
        """Its scored children, kept or not."""
        trees = (each.child for each in self.tried(tree, upto) if each.child in self._scores)
        return list(dict.fromkeys(child for child in trees if child))

    def clade(self, tree: str, upto: float = inf) -> list[str]:
        """Itself, and all that descend from it and were scored, kept or not."""
        in_clade = {tree: None}
        left = [tree]
        for each in left:
            for child in self.children(each, upto):
                if child not in in_clade:
                    in_clade[child] = None
                    left.append(child)
        return list(in_clade)

    def ancestry(self, tree: str) -> list[str]:
        """From a scaffold back to the seed, both included: by the first parent of the generation that first made
        each, so that ancestry is a tree."""
        trees: list[str] = []
        step: str | None = tree
        before = inf
        while step in self._made and (made := self._made[step][0]).index < before:
            trees.append(step)
            step, before = made.parent, made.index
        return trees

    def size(self, tree: str) -> int:
        """Characters of its source, read once."""
        if tree not in self._sizes:
            self._sizes[tree] = sum(map(len, self.source(tree).files.values()))
        return self._sizes[tree]

    def shapes(self, upto: float = inf) -> Collection[str]:
        """The normalised hashes of all scaffolds that were made."""
        return Shapes(self._shapes, self._last(upto))

    def spend(self, upto: float = inf) -> Spend:
        """Of all generations together."""
        last = self._last(upto)
        return Spend(*self._spent[last]) if last >= 0 else Spend()

    def generations_upto(self, upto: int) -> Sequence[Generation]:
        return First(self.generations, upto + 1)

    def _last(self, upto: float) -> int:
        return int(min(upto, len(self._steps) - 1))

    # --- what is read and derived for views alone ---

    @property
    def generations(self) -> Sequence[Generation]:
        """With all that is recorded of them, in order."""
        return self._generations

    @cached_property
    def _generations(self) -> list[Generation]:
        return self._read.generations() if self._steps else []

    @cached_property
    def evaluations(self) -> Mapping[str, Sequence[Evaluation]]:
        """By scaffold, on all splits."""
        by_scaffold: dict[str, list[Evaluation]] = defaultdict(list)
        for evaluation in self._read.evaluations():
            by_scaffold[evaluation.tree].append(evaluation)
        return by_scaffold

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """By hash, in the order in which they were first made."""
        reported: dict[Split, set[Trial]] = defaultdict(set)
        for begun in self._read.happened(ReportBegun):
            reported[begun.split] |= {Trial(task, begun.split, seed) for task, seed in begun.trials}
        return node.nodes(self.generations, self.evaluations, reported)

    @cached_property
    def uses(self) -> Mapping[str, Sequence[Generation]]:
        """By scaffold, every generation of which it was the first parent, its further evaluations too: those that its
        line goes on with, and that tell how good it is at improving."""
        by_scaffold: dict[str, list[Generation]] = defaultdict(list)
        for each in self.generations:
            if each.parent:
                by_scaffold[each.parent].append(each)
        return by_scaffold

    @cached_property
    def measured(self) -> Sequence[MeasuringBegun | Measured]:
        """What was measured of frozen scaffolds outside of the loop, in order."""
        return self._read.happened(MeasuringBegun, Measured)

    @cached_property
    def separated(self) -> Sequence[Separated]:
        """What came of taking self-edits back, or putting them elsewhere, in order."""
        return self._read.happened(Separated)

    @cached_property
    def best(self) -> str | None:
        """The kept scaffold with the greatest utility on the search split; the one that was made first of equals."""
        scored = [each for each in self.members() if each.tree in self._scores]
        greatest = max(scored, key=lambda each: (each.score, -self._made[each.tree][0].index), default=None)
        return greatest.tree if greatest else None

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """As the run was created."""
        return self._read.config

    def source(self, key: str) -> Program:
        """A node's program, from the store: it has to stay open."""
        return self._read.program(key)

    def generation(self, index: int) -> Generation:
        """One of them; the others are not read for it."""
        if "_generations" in vars(self):
            return self._generations[index]
        return self._read.generations(index, index + 1)[0]

    def resolve(self, text: str) -> str:
        """The node called `text`; see `names.named`. Raises NodeUnknown, NodeAmbiguous."""
        return named(text, self.generations, lambda: self.best)

    def scored(self, key: str, split: Split) -> list[Evaluation]:
        return [each for each in self.evaluations.get(key, ()) if each.split is split]

    def first(self, generation: Generation) -> bool:
        """Whether this generation is the one that made its child."""
        return generation.child is not None and self._made[generation.child][0].index == generation.index

    def path(self, key: str) -> list[Node]:
        """From the seed to `key`, both included."""
        return [self.nodes[each] for each in reversed(self.ancestry(key))]

    def model_remarks(self, index: int) -> list[str]:
        """What servers of models left out and refused in generation `index`, in words."""
        return self._read.model_remarks(index)

    @property
    def _read(self) -> Store:
        assert self._store, "one that was not read from a store has nothing to show"
        return self._store


NOTHING = amounts(Spend())


def resolve(store: Store, text: str) -> str:
    """The node of a run that `text` names; see `names.named`. Raises NodeUnknown, NodeAmbiguous, StoreDamaged."""
    return named(text, store.generations(), lambda: Lineage.growing(store).best)


@contextmanager
def uncollected() -> Iterator[None]:
    """Without garbage collection, which looks through all objects again and again while many are made. Nothing here
    is made in circles."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # what was read stays: it is never looked through
        if before:
            gc.enable()
