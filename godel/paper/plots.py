"""The one figure of a run's paper: the best utility so far, by generation."""

from __future__ import annotations

from typing import Any

from godel.lineage.analysis.lineage import Lineage
from godel.study import drawing


def best_so_far(lineage: Lineage) -> str:
    """As SVG; "" where matplotlib is not installed."""

    def draw(axes: Any) -> None:
        indexes, scores = zip(*_points(lineage), strict=True)
        axes.step(indexes, scores, where="post", color="tab:blue")
        axes.set_xlabel("generation")
        axes.set_ylabel("best utility so far\n(search split)")

    return drawing.svg(7, 3, draw)


def _points(lineage: Lineage) -> list[tuple[int, float]]:
    """Where the best changed, and the end."""
    points: list[tuple[int, float]] = []
    for member in lineage.members():
        points.append((member.index, max(member.score, points[-1][1] if points else member.score)))
    return [*points, (len(lineage) - 1, points[-1][1])]
