"""The members of a prefix, moved on from one prefix to the next."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from .. import Outcome, Step, Verdict
from .members import Member, Members

LEAP = 100
"""Generations from one prefix to the next, beyond which its members are gathered anew."""


class Known(NamedTuple):
    """All generations so far, in order; and by scaffold, those that made it and those that were to make a child of
    it."""

    steps: list[Step]
    made: dict[str, list[Step]]
    tried: dict[str, list[Step]]


class MovingMembers:
    """Asked for one prefix after the other it costs the same however long the run is. What it gives is valid until
    the next question."""

    def __init__(self, known: Known, score: Score) -> None:
        self._known, self._score = known, score
        self._ever: dict[str, None] = {}
        """Scaffolds that were kept at some time."""
        self._later: dict[int, list[str]] = defaultdict(list)
        """By generation, the scaffolds that were ruled on once more when it was the last one."""
        self._upto, self._members = -1, Members()

    def add(self, step: Step) -> None:
        """The next generation, which is known from now on."""
        if step.outcome is Outcome.SEED and step.child:
            self._ever[step.child] = None
        for each in step.rulings:
            if step.child and each.verdict is Verdict.ACCEPTED:
                self._ever[step.child] = None
            if step.child and each.after > step.index:
                self._later[each.after].append(step.child)

    def after(self, upto: int) -> Members:
        if not self._upto <= upto <= self._upto + LEAP:
            self._members = Members(self._found(self._ever, upto))
            self._upto = upto
        while self._upto < upto:
            self._upto += 1
            for tree in self._touched(self._known.steps[self._upto]):
                self._refresh(tree)
        return self._members

    def _touched(self, step: Step) -> Iterable[str]:
        """The scaffolds that may count otherwise once it was recorded."""
        own = step.child or step.parent
        return dict.fromkeys([*step.parents, *((own,) if own else ()), *self._later.get(step.index, ())])

    def _refresh(self, tree: str) -> None:
        self._members.remove(tree)
        for member in self._found((tree,), self._upto):
            self._members.put(member)

    def _found(self, trees: Iterable[str], upto: int) -> Iterable[Member]:
        for tree in trees:
            kept = next((each for each in self._known.made.get(tree, ()) if each.kept_after(upto)), None)
            if kept:
                tried = bisect_right(self._known.tried.get(tree, ()), upto, key=_index)
                yield Member(tree, kept.index, self._score(tree, upto), tried)


Score = Callable[[str, int], float]
"""Of a scaffold, once a generation was recorded."""


def _index(step: Step) -> int:
    return step.index
