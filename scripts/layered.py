"""A layered drawing of a graph without cycles: rows from the longest paths, then places that keep lines short.

Deterministic: no randomness, ties go by name, coordinates are whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

GAP, BOX, LINE = 26, 190, 18
"""Between two of a row; the widths of a node's box, and of a line that passes."""
SWEEPS = 60
PULL = 0.92
"""How much of its neighbours' distance from the middle a place takes: less than all, so that nothing drifts."""

Step = tuple[str, str, int]
"""A line from one node to another, where it passes a row."""
Place = str | Step


def rows_of(graph: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """By node its row, counted from the lowest: one above the highest that it points to."""
    rows: dict[str, int] = {}

    def row(node: str) -> int:
        if node not in rows:
            rows[node] = 1 + max((row(other) for other in graph[node]), default=-1)
        return rows[node]

    for node in graph:
        row(node)
    return rows


class Layered:
    """`places`: x of every node and passing line; `paths`: by line, the places that it goes through."""

    def __init__(self, graph: Mapping[str, Sequence[str]]) -> None:
        self.rows = rows_of(graph)
        self.paths: dict[tuple[str, str], list[Place]] = {
            (node, other): [
                node,
                *((node, other, row) for row in range(self.rows[node] - 1, self.rows[other], -1)),
                other,
            ]
            for node, others in graph.items()
            for other in others
        }
        self.layers: list[list[Place]] = [[] for _ in range(1 + max(self.rows.values()))]
        self._near: dict[Place, list[Place]] = {node: [] for node in graph}
        self._fill(graph)
        self.x: dict[Place, float] = {}
        self._spread()

    def row(self, place: Place) -> int:
        return self.rows[place] if isinstance(place, str) else place[2]

    def _passed(self, node: str, other: str) -> Iterator[Step]:
        for row in range(self.rows[node] - 1, self.rows[other], -1):
            yield node, other, row

    def _fill(self, graph: Mapping[str, Sequence[str]]) -> None:
        for path in self.paths.values():
            for upper, lower in pairwise(path):
                self._near.setdefault(upper, []).append(lower)
                self._near.setdefault(lower, []).append(upper)
        for place in self._near:
            self.layers[self.row(place)].append(place)

    def _spread(self) -> None:
        for layer in self.layers:
            self._put(layer, [0.0] * len(layer))
        for sweep in range(SWEEPS):
            for layer in self.layers if sweep % 2 else reversed(self.layers):
                wanted = {place: self._wish(place) for place in layer}
                layer.sort(key=lambda place: (wanted[place], str(place)))
                self._put(layer, [wanted[place] for place in layer])

    def _wish(self, place: Place) -> float:
        near = self._near[place]
        return PULL * sum(self.x[other] for other in near) / len(near) if near else self.x[place]

    def _put(self, layer: Sequence[Place], wanted: Sequence[float]) -> None:
        """As near to what is wanted as the gaps allow, none over another."""
        placed: list[float] = []
        for place, wish in zip(layer, wanted, strict=True):
            least = placed[-1] + self._room(layer[len(placed) - 1], place) if placed else wish
            placed.append(max(wish, least))
        shift = sum(wish - x for wish, x in zip(wanted, placed, strict=True)) / max(1, len(placed))
        for place, x in zip(layer, placed, strict=True):
            self.x[place] = round(x + shift, 3)

    @staticmethod
    def _room(left: Place, right: Place) -> float:
        widths = [BOX if isinstance(place, str) else LINE for place in (left, right)]
        return sum(widths) / 2 + GAP
