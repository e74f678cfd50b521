"""How much of a self-edit is still there in what descends from it.

An edit is the statements that came and those that went, with the file that they are in; a changed statement is one
of each. It is **whole** in a descendant that has all that came and none of what went, **gone** from one where that
holds of nothing, and **partly** there in between. A later edit of the same statement counts against it, also where it
builds on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from godel.contract import Program

from .. import Generation
from .lineage import Lineage
from .statements import statements


@dataclass(frozen=True)
class Survival:
    """Over the kept descendants of an edit's child, itself not counted."""

    living: int
    whole: int
    partly: int
    gone: int


Heads = Mapping[int, int]
"""By file and statement, as one hash of this process, how often it is there."""


def survival(lineage: Lineage, edits: Iterable[Generation]) -> dict[int, Survival]:
    """By generation. Each scaffold is read once, however many edits it descends from."""

    @cache
    def of(tree: str) -> Heads:
        return heads(lineage.source(tree))

    return {made.index: _survival(lineage, made, of) for made in edits}


def _survival(lineage: Lineage, made: Generation, of: Callable[[str], Heads]) -> Survival:
    assert made.parent and made.child, "an edit has both"
    before, after = of(made.parent), of(made.child)
    changed = {each for each in {*before, *after} if before.get(each, 0) != after.get(each, 0)}
    trees = [each for each in lineage.clade(made.child)[1:] if lineage.nodes[each].kept]
    shares = [there(before, after, of(tree), changed) for tree in trees]
    whole, gone = sum(share == 1.0 for share in shares), sum(share == 0.0 for share in shares)
    return Survival(len(trees), whole, len(trees) - whole - gone, gone)


def heads(program: Program) -> Heads:
    return Counter(hash((path, each.head)) for path, text in program.files.items() for each in statements(text))


def there(before: Heads, after: Heads, now: Heads, changed: Collection[int]) -> float:
    """Of an edit, which part: from 0 to 1. One that changed no statement (a text file, a docstring) is all there."""
    kept = sum(_holds(before.get(each, 0), after.get(each, 0), now.get(each, 0)) for each in changed)
    return kept / len(changed) if changed else 1.0


def _holds(before: int, after: int, now: int) -> bool:
    """What came is there as often, or what went is there no more often."""
    return now >= after if after > before else now <= after
