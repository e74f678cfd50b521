"""Who may become a parent: the scaffolds of a prefix that are kept, ready to be asked for the best or drawn from."""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from .sums import Sums, Tree


@dataclass(frozen=True, slots=True)
class Member:
    """A scaffold that may become a parent: the seed, or a child that was kept. `score`: mean utility on the search
    split; `children`: generations that it was a parent of, whatever became of them."""

    tree: str
    index: int
    score: float
    children: int


Weigh = Callable[[Member, float, float], float]
"""The weight of a member, which is not below 0, where the scores of all lie between these two."""


class Members(Sequence[Member]):
    """Oldest first, by their indexes. The best and a draw cost about the same however many there are, as long as
    questions and changes take turns."""

    def __init__(self, members: Iterable[Member] = ()) -> None:
        self._sorted = sorted(members, key=_index)
        self._by_tree = {each.tree: each for each in self._sorted}
        self._least: Tree[float] | None = None
        self._most: Tree[tuple[float, int]] | None = None
        self._weights: _Weights | None = None

    @overload
    def __getitem__(self, place: int) -> Member: ...
    @overload
    def __getitem__(self, place: slice) -> list[Member]: ...
    def __getitem__(self, place: int | slice) -> Member | list[Member]:
        return self._sorted[place]

    def __len__(self) -> int:
        return len(self._sorted)

    def __iter__(self) -> Iterator[Member]:
        return iter(self._sorted)

    def of(self, tree: str) -> Member | None:
        """The member that is this scaffold."""
        return self._by_tree.get(tree)

    @property
    def best(self) -> Member:
        """The greatest score, the oldest of equals. Raises KeyError without members."""
        return self._at(-self._greatest().total[1])

    def draw(self, weigh: Weigh, rng: random.Random) -> Member:
        """One of them, each with the probability of its weight, as `rng.choices` would. Weights are kept from one draw
        to the next by the same `weigh`, until a member, or the least or greatest score changes. Raises ValueError
        where all are 0."""
        if self._weights is None or self._weights.weigh != weigh:
            self._weights = _Weights(weigh)
        span = (self._lowest().total, self._greatest().total[0])
        return self._at(self._weights.place(self._sorted, span, rng))

    def put(self, member: Member) -> None:
        """In the place of what had its scaffold before."""
        self.remove(member.tree)
        self._sorted.insert(bisect_left(self._sorted, member.index, key=_index), member)
        self._by_tree[member.tree] = member
        self._changed(member.index, member)

    def remove(self, tree: str) -> None:
        member = self._by_tree.pop(tree, None)
        if member:
            del self._sorted[bisect_left(self._sorted, member.index, key=_index)]
            self._changed(member.index, None)

    def _at(self, index: int) -> Member:
        place = bisect_left(self._sorted, index, key=_index)
        if place == len(self._sorted):
            raise KeyError(index)
        return self._sorted[place]

    def _changed(self, index: int, member: Member | None) -> None:
        if self._weights:
            self._weights.changed[index] = member
        if self._least and self._most:
            self._least.put(index, member.score if member else math.inf)
            self._most.put(index, (member.score, -index) if member else NOBODY)

    def _lowest(self) -> Tree[float]:
        self._least = self._least or Tree(min, math.inf, ((each.index, each.score) for each in self._sorted))
        self._greatest()
        return self._least

    def _greatest(self) -> Tree[tuple[float, int]]:
        if self._most is None:
            self._most = Tree(max, NOBODY, ((each.index, (each.score, -each.index)) for each in self._sorted))
            self._lowest()
        return self._most


NOBODY = (-math.inf, -(1 << 62))


def _index(member: Member) -> int:
    return member.index


class _Weights:
    """What one rule makes of the members, by their indexes."""

    def __init__(self, weigh: Weigh) -> None:
        self.weigh, self._span = weigh, (math.nan, math.nan)
        self._sums = Sums()
        self.changed: dict[int, Member | None] = {}

    def place(self, members: Sequence[Member], span: tuple[float, float], rng: random.Random) -> int:
        if span != self._span:
            self._span, self._sums = span, Sums((each.index, self.weigh(each, *span)) for each in members)
        else:
            for index, member in self.changed.items():
                self._sums.put(index, self.weigh(member, *span) if member else 0.0)
        self.changed.clear()
        if not self._sums.total > 0:
            raise ValueError("no member has a weight above 0")
        return self._sums.at(rng.random() * self._sums.total)
