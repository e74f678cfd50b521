"""Numbers that are summed, or of which the least or greatest is wanted, and of which few change at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Tree(Generic[T]):
    """A segment tree: numbers at places 0, 1, 2, …, and what `combine` makes of all of them. A change costs the
    logarithm of their count. What comes out depends on the numbers alone, not on the order of the changes."""

    def __init__(self, combine: Callable[[T, T], T], nothing: T, leaves: Iterable[tuple[int, T]] = ()) -> None:
        """`nothing`: what stands at every other place, and changes no result."""
        self._combine, self._nothing = combine, nothing
        given = list(leaves)
        self._grow(max((place for place, _ in given), default=0) + 1, given)

    @property
    def total(self) -> T:
        return self._nodes[1]

    def put(self, place: int, value: T) -> None:
        if place >= self._size:
            old = self._nodes[self._size :]
            self._grow(place + 1, list(enumerate(old)))
        node = place + self._size
        self._nodes[node] = value
        while node := node >> 1:
            self._nodes[node] = self._combine(self._nodes[2 * node], self._nodes[2 * node + 1])

    def remove(self, place: int) -> None:
        self.put(place, self._nothing)

    def _grow(self, least: int, leaves: Iterable[tuple[int, T]]) -> None:
        self._size = 1 << max(1, (least - 1).bit_length())
        level = [self._nothing] * self._size
        for place, value in leaves:
            level[place] = value
        self._nodes = level
        while len(level) > 1:
            level = list(map(self._combine, level[::2], level[1::2]))
            self._nodes = level + self._nodes
        self._nodes = [self._nothing, *self._nodes]


class Sums(Tree[float]):
    """Weights, none below 0."""

    def __init__(self, leaves: Iterable[tuple[int, float]] = ()) -> None:
        super().__init__(float.__add__, 0.0, leaves)

    def at(self, sum: float) -> int:
        """The first place at which the weights up to there add up to more than `sum`; never one without a weight."""
        node = 1
        while node < self._size:
            node *= 2
            if sum >= self._nodes[node] and self._nodes[node + 1]:
                sum -= self._nodes[node]
                node += 1
        return node - self._size
