"""Draws docs/architecture.svg from the imports, and writes the table in docs/architecture.md.

python scripts/architecture.py          # write both
python scripts/architecture.py --check  # exit 1 if either is not what the imports give
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html import escape
from itertools import pairwise

from imports import ROOT
from layered import BOX, Layered, Place
from rooms import LOOKED_UP, ROOMS, below, edges, needed, table

PICTURE, PAGE = ROOT / "docs" / "architecture.svg", ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- rooms: written by scripts/architecture.py -->\n", "<!-- end of rooms -->\n"
HEIGHT, STEP, MARGIN = 46, 84, 20
STYLE = (
    "text{font-family:sans-serif;text-anchor:middle;fill:#1b1f24}.name{font-size:15px;font-weight:bold}"
    ".what{font-size:11.5px;fill:#57606a}rect{fill:#f6f8fa;stroke:#8c959f}"
    "path{fill:none;stroke:#57606a;stroke-width:1.3}.up{stroke:#bc4c00;stroke-dasharray:5 4}"
)
HEAD = (
    '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0L8 4L0 8z" style="fill:#57606a;stroke:none"/></marker></defs>'
)


class Canvas:
    """Places of a drawing as coordinates of a picture whose first line is at the top."""

    def __init__(self, drawing: Layered) -> None:
        self._drawing, xs = drawing, drawing.x.values()
        self._left, self._top = min(xs) - BOX / 2 - MARGIN, len(drawing.layers) - 1
        self.width = round(max(xs) + BOX / 2 + MARGIN - self._left)
        self.height = self._top * STEP + HEIGHT + 2 * MARGIN

    def x(self, place: Place) -> int:
        return round(self._drawing.x[place] - self._left)

    def y(self, place: Place) -> int:
        """Of its upper edge."""
        return MARGIN + (self._top - self._drawing.row(place)) * STEP


def picture() -> str:
    """The rooms in rows: an arrow leads to what is imported, and what arrows lead to anyway has no arrow more."""
    drawing = Layered(needed(below(edges())))
    canvas = Canvas(drawing)
    size = f'width="{canvas.width}" height="{canvas.height}" viewBox="0 0 {canvas.width} {canvas.height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        "<title>The rooms, and which imports which</title>",
        f"<style>{STYLE}</style>",
        HEAD,
        f'<rect width="{canvas.width}" height="{canvas.height}" style="fill:#fff;stroke:none"/>',
        *_arrows(drawing, canvas),
        *_boxes(canvas),
    ]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _arrows(drawing: Layered, canvas: Canvas) -> Iterator[str]:
    for path in drawing.paths.values():
        yield f'<path d="{_curve(path, canvas)}" marker-end="url(#head)"/>'
    for upper, lower in sorted(LOOKED_UP & {*edges()}):
        x, y = canvas.x(upper) - BOX // 3, canvas.y(upper)
        to_x, to_y = canvas.x(lower) - BOX // 2, canvas.y(lower) + HEIGHT // 2
        yield f'<path class="up" d="M{x} {y}C{x} {to_y} {x} {to_y} {to_x} {to_y}" marker-end="url(#head)"/>'


def _curve(path: list[Place], canvas: Canvas) -> str:
    points = [(canvas.x(path[0]), canvas.y(path[0]) + HEIGHT)]
    for place in path[1:-1]:
        points += [(canvas.x(place), canvas.y(place)), (canvas.x(place), canvas.y(place) + HEIGHT)]
    points.append((canvas.x(path[-1]), canvas.y(path[-1])))
    parts = [f"M{points[0][0]} {points[0][1]}"]
    for (x, y), (to_x, to_y) in pairwise(points):
        middle = (y + to_y) // 2
        parts.append(f"C{x} {middle} {to_x} {middle} {to_x} {to_y}")
    return "".join(parts)


def _boxes(canvas: Canvas) -> Iterator[str]:
    for room in ROOMS:
        x, y = canvas.x(room.name), canvas.y(room.name)
        yield f'<rect x="{x - BOX // 2}" y="{y}" width="{BOX}" height="{HEIGHT}" rx="6"/>'
        yield f'<text class="name" x="{x}" y="{y + 19}">{escape(room.name)}</text>'
        yield f'<text class="what" x="{x}" y="{y + 36}">{escape(room.what)}</text>'


def page(text: str) -> str:
    """`text` with the table of the rooms as the imports give it."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + table() + END + rest.split(END)[1]


def main() -> int:
    drawn, written = picture(), page(PAGE.read_text(encoding="utf-8"))
    if "--check" in sys.argv[1:]:
        same = (PICTURE.read_text(encoding="utf-8"), PAGE.read_text(encoding="utf-8")) == (drawn, written)
        return 0 if same else 1
    PICTURE.write_text(drawn, encoding="utf-8")
    PAGE.write_text(written, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
