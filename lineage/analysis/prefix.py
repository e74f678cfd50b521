"""A run as it stood after one of its generations: what a selection sees, and what an order takes from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import inf
from typing import TYPE_CHECKING, TypeVar, overload

from .. import RULED, Outcome, Spend, Trial
from .members import Members

if TYPE_CHECKING:
    from .lineage import Lineage

T = TypeVar("T")


@dataclass(frozen=True)
class Prefix:
    """What a selection sees: the lineage as it stood after generation `upto`. See `policies.selection.View`."""

    lineage: Lineage
    upto: int
    number: int | None = None
    """Of the generation that is chosen for; the next one if None."""

    @property
    def seed(self) -> str:
        return self.members[0].tree

    @property
    def generation(self) -> int:
        return self.upto + 1 if self.number is None else self.number

    @property
    def members(self) -> Members:
        return self.lineage.members(self.upto)

    def scores(self, tree: str) -> Mapping[Trial, float]:
        return self.lineage.scores(tree, self.upto)

    def children(self, tree: str) -> list[str]:
        return self.lineage.children(tree, self.upto)

    def clade(self, tree: str) -> list[str]:
        return self.lineage.clade(tree, self.upto)

    def spend(self, tree: str) -> Spend:
        scored = (each for each in self.lineage.made(tree) if each.outcome in RULED or each.outcome is Outcome.SEED)
        return next(scored).spend

    def depth(self, tree: str) -> int:
        return len(self.lineage.ancestry(tree)) - 1

    def size(self, tree: str) -> int:
        return self.lineage.size(tree)


class Shapes(Collection[str]):
    """Those that a prefix has; never copied."""

    def __init__(self, first: Mapping[str, int], upto: int) -> None:
        """`first`: by shape, the generation that first had it."""
        self._first, self._upto = first, upto

    def __contains__(self, shape: object) -> bool:
        return self._first.get(str(shape), inf) <= self._upto

    def __iter__(self) -> Iterator[str]:
        return (shape for shape, index in self._first.items() if index <= self._upto)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class First(Sequence[T]):
    """The first `count` of a sequence; never copied."""

    def __init__(self, whole: Sequence[T], count: int) -> None:
        self._whole, self._count = whole, min(count, len(whole))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        return islice(self._whole, self._count)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, slice):
            return [self._whole[each] for each in range(self._count)[place]]
        return self._whole[range(self._count)[place]]
