"""The lineage drawn with branches, for a terminal, as `git log --graph` draws history."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from godel.contract.characters import printable

from .. import Generation, Split, Status
from ..analysis import credit
from ..analysis.lineage import Lineage
from ..analysis.names import SHORT
from ..analysis.node import Node
from ..analysis.statistics import Interval
from .graph import UNDECIDED, mates, pruned
from .text import PARTIAL, PARTIAL_MEANS, compact, edit_label

LIMIT = 60
"""Nodes that are drawn unless told otherwise."""

MARKS = {Status.SEED: "○", Status.ACCEPTED: "○", Status.HELD: "◌", Status.REVOKED: "✗"}
RULED_MEANS = "◌ held: it waits for a ruling; ✗ revoked: it was accepted, and is no longer kept."

NUMBERS = f"  {'search':>7}  {'held-out':>8}  {'gain ±95 %':13}  {'children ±95 %':14}"
LEGEND = (
    "",
    "● on the path to the best, ○ kept, · dead end. gain: over the parent (search).",
    "children: productivity, the mean gain of its scored children. ±?: only one pair.",
)


@dataclass(frozen=True)
class Row:
    """One line: a node, or (`key` None) what was left out below the node above."""

    branches: str  # the lines that lead to it
    label: str  # what was edited, or what was left out
    key: str | None = None
    generation: int | None = None
    status: Status | None = None
    utility: float | None = None  # on the search split
    gain: Interval | None = None  # over its parent, on the search split
    on_path: bool = False  # from the seed to the best
    partial: frozenset[Split] = frozenset()  # where the utility is over part of the trials
    held_out: float | None = None  # utility on the held-out split
    children: Interval | None = None  # productivity: mean gain of its scored children
    below: str = ""  # the lines that go on below it


def rows(lineage: Lineage, limit: int = LIMIT, dead_ends: bool = False) -> list[Row]:
    """Kept nodes, at most `limit`, and below each what was left out; with `dead_ends`, every node and
    every generation that gave none. The line that leads furthest stays in its column, so a deep
    lineage stays narrow."""
    drawing = _Drawing(lineage, set(lineage.nodes) if dead_ends else pruned(lineage, limit), dead_ends)
    roots = [key for key, node in lineage.nodes.items() if node.parent is None]
    return [row for root in roots for row in drawing.branch(root, "", "")]


def path(lineage: Lineage, key: str) -> list[Row]:
    """From the seed to `key`, a row for each self-edit."""
    drawing = _Drawing(lineage, set())
    return [drawing.row(node, "") for node in lineage.path(key)]


def text(table: Sequence[Row], columns: int | None = None) -> str:
    """A line for the columns, one for each row, and what the marks mean; "" without rows. Where the self-edit of a
    row does not fit into so many `columns`, it has a line of its own below."""
    if not table:
        return ""
    width = max((len(_left(row)) for row in table if row.key), default=0)
    head = f"{'':{width}}{NUMBERS}  self-edit"
    room = math.inf if columns is None else columns - len(f"{'':{width}}{NUMBERS}  ")
    lines = [head, *(line for row in table for line in _lines(row, width, room)), *LEGEND]
    lines += [RULED_MEANS] * any(row.status in UNDECIDED for row in table)
    lines += [PARTIAL_MEANS] * any(row.partial for row in table)
    return "\n".join(lines) + "\n"


def _lines(row: Row, width: int, room: float) -> list[str]:
    if row.key is None:
        return [_left(row)]
    numbers = f"{_left(row):{width}}{_right(row)}"
    if len(row.label) <= room:
        return [f"{numbers}  {row.label}".rstrip()]
    return [numbers.rstrip(), f"{row.below}    {row.label}"]


class _Drawing:
    def __init__(self, lineage: Lineage, shown: set[str], whole: bool = False) -> None:
        self.lineage, self.shown, self.whole = lineage, shown, whole
        self.best = {node.key for node in lineage.path(lineage.best)} if lineage.best else set()
        self.clades = credit.clades(lineage)

    def branch(self, key: str | None, first: str, rest: str) -> Iterator[Row]:
        """A node and all below it: `first` leads to it, `rest` to what follows. Recursion
        goes into side branches only, so its depth is logarithmic; the main line is a loop."""
        while key is not None:
            *sides, main = self._children(key)
            below = rest + ("│ " if sides or main else "  ")
            yield self.row(self.lineage.nodes[key], first, below)
            yield from self._left_out(key, below)
            for side in sides:
                last = main is None and side == sides[-1]
                yield from self.branch(side, rest + ("└─" if last else "├─"), rest + ("  " if last else "│ "))
            key, first = main, rest

    def row(self, node: Node, branches: str, below: str = "") -> Row:
        made = node.accepted
        label = _edits(made) or str(made.status)
        if others := mates(self.lineage, made):
            label = f"{_crossed(self.lineage, others)}: {label}"
        if not node.kept:
            label = f"{_fate(made)}: {label}"
        return Row(
            branches,
            label,
            node.key,
            made.index,
            made.status,
            node.utility.get(Split.SEARCH),
            credit.gain(self.lineage, made, Split.SEARCH),
            node.key in self.best,
            node.partial,
            node.utility.get(Split.HELD_OUT),
            credit.offspring(self.lineage, node.key),
            below,
        )

    def _children(self, key: str) -> list[str | None]:
        """Those shown, the one that the main line goes on with last (None: it ends here)."""
        made = [each.child for each in self.lineage.uses.get(key, ()) if self.lineage.first(each)]
        shown = [child for child in made if child in self.shown]
        kept = [child for child in shown if child and self.lineage.nodes[child].kept]
        main = max(kept, key=lambda child: (child in self.best, self.clades[child].size), default=None)
        return [*(child for child in shown if child != main), main]

    def _left_out(self, key: str, branches: str) -> Iterator[Row]:
        hidden = [each for each in self.lineage.uses.get(key, ()) if not self._drawn(each)]
        if self.whole:
            yield from (
                Row(branches, self._nodeless(each), generation=each.index, status=each.status) for each in hidden
            )
            return
        kept = [each for each in hidden if each.status is Status.ACCEPTED and self.lineage.first(each)]
        dead = Counter(self._why(each) for each in hidden if each not in kept)
        if dead:
            why = ", ".join(f"{count} {status}" for status, count in dead.most_common())
            yield Row(branches, f"… {_plural(dead.total(), 'dead end')}: {why}")
        if kept:
            size = sum(self.clades[each.child or ""].size for each in kept)
            yield Row(branches, f"… {_plural(size, 'more node')} in {_plural(len(kept), 'branch')}")

    def _nodeless(self, made: Generation) -> str:
        """A generation that gave no node of its own, in a line."""
        known = f"again g{self.lineage.nodes[made.child].made.index}" if made.child else "no child"
        return f"· g{made.index} {known}: {_fate(made)}: {_edits(made) or _first(made.why)}"

    def _why(self, made: Generation) -> str:
        known = made.child is not None and not self.lineage.first(made)
        return "led to a known node" if known else str(made.status)

    def _drawn(self, made: Generation) -> bool:
        return made.child in self.shown and self.lineage.first(made)


def _fate(made: Generation) -> str:
    return f"{made.status}{f' at {made.rung}' if made.rung else ''}"


def _crossed(lineage: Lineage, others: Sequence[str]) -> str:
    """With whom a child was crossed."""
    return f"× {', '.join(f'g{lineage.nodes[each].made.index}' for each in others)}"


def _edits(made: Generation) -> str:
    return "; ".join(edit_label(edit) for edit in made.edits)


def _first(reason: str, most: int = 120) -> str:
    """The beginning of a reason, in one line."""
    line = printable(" ".join(reason.split()))
    return line if len(line) <= most else line[: most - 1] + "…"


def _left(row: Row) -> str:
    if row.key is None:
        return row.branches + row.label
    mark = "●" if row.on_path else MARKS.get(row.status or Status.FAILED, "·")
    return f"{row.branches}{mark} g{row.generation} {row.key[:SHORT]}"


def _right(row: Row) -> str:
    known = {Split.SEARCH: row.utility, Split.HELD_OUT: row.held_out}
    search, held_out = (
        f"{PARTIAL * (split in row.partial)}{each:.3f}" if each is not None else "" for split, each in known.items()
    )
    gain, children = (compact(each) if each else "" for each in (row.gain, row.children))
    return f"  {search:>7}  {held_out:>8}  {gain:13}  {children:14}"


def _plural(count: int, noun: str) -> str:
    ending = "es" if noun.endswith("ch") else "s"
    return f"{count} {noun}{'' if count == 1 else ending}"
