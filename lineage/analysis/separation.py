"""Self-edits set apart from those around them: by a three-way merge of syntax trees.

A **knock-out** takes an edit back in its best descendant: what that loses is what the edit is still worth there, with
all that was built on it. A **transplant** puts an edit into the seed, alone: what it is worth without those before it.
Two edits one after the other on the seed tell whether they help or hinder each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from godel.contract import Program

from .. import Generation
from ..records.events import Separation
from .lineage import Lineage


class Wanted(NamedTuple):
    """Self-edits, by generation, to be taken back in the scaffold `within`, or to be put into it."""

    kind: Separation
    edits: tuple[int, ...]
    within: str


def knock_out(lineage: Lineage, edit: int) -> Wanted:
    return Wanted(Separation.KNOCK_OUT, (edit,), best_descendant(lineage, child_of(lineage, edit)))


def transplant(lineage: Lineage, *edits: int) -> Wanted:
    return Wanted(Separation.TRANSPLANT, edits, lineage.generations[0].child or "")


def wanted(lineage: Lineage, edits: Sequence[int]) -> Iterator[Wanted]:
    """Each edit by itself, in that order, then pairs of them; of a pair the one that was made first comes first."""
    for edit in edits:
        yield knock_out(lineage, edit)
        yield transplant(lineage, edit)
    yield from (transplant(lineage, *sorted(pair)) for pair in combinations(edits, 2))


def separated(lineage: Lineage, asked: Wanted) -> Program:
    """What comes of it, before any gate. Raises EditFailed, in words, where the edits can't be told from others."""
    from godel.contract.editing.threeway import merged  # and with it libcst

    program = lineage.source(asked.within)
    for index in asked.edits:
        made = lineage.generations[index]
        assert made.parent and made.child, "an edit has both"
        before, after = lineage.source(made.parent), lineage.source(made.child)
        base, theirs = (after, before) if asked.kind is Separation.KNOCK_OUT else (before, after)
        program = merged(base, program, theirs)
    return program


def main_line(lineage: Lineage) -> list[Generation]:
    """The self-edits that the best scaffold is made of, in order: each as it was first made."""
    return [node.made for node in lineage.path(lineage.best)[1:]] if lineage.best else []


def kept_edits(lineage: Lineage) -> list[Generation]:
    """Those that made a scaffold that is kept, and those of the main line, in order."""
    kept = {node.made.index for node in lineage.nodes.values() if node.kept} | {
        each.index for each in main_line(lineage)
    }
    return edits_of(lineage, kept)


def edits_of(lineage: Lineage, generations: Collection[int]) -> list[Generation]:
    """Those generations that made a child of a parent, in order."""
    return [each for each in lineage.generations if each.index in generations and each.parent and each.child]


def best_descendant(lineage: Lineage, tree: str) -> str:
    """Of a scaffold and its kept descendants the one with the greatest utility on the search split; of equals the one
    that was made first."""
    kept = [each for each in lineage.clade(tree) if lineage.nodes[each].kept]
    return max(kept or [tree], key=lambda each: (lineage.score(each), -lineage.nodes[each].made.index))


def child_of(lineage: Lineage, edit: int) -> str:
    return lineage.generations[edit].child or ""
