"""What self-edits are worth, by experiment: in place, taken back, alone on the seed, and two together.

All are paired differences of gains on the same instances (see `imp`). Their intervals are for these very targets, which
are strata; the unit is the pair. For an edit that leads from a parent P to a child C, with a best descendant D and the
seed S:

- **in place**: C - P, what it gave when it was made;
- **knock-out**: D - (D without it), what D would lose;
- **transplant**: (S with it) - S, what it gives alone.

**Epistasis** of two edits is (S with both) - (S with the first) - (S with the second) + S: above 0 they help each
other, below 0 they stand in for each other. Where an edit can't be told from others, or the gate refuses what comes of
it, that is said, and is no 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from .. import Generation
from ..records.events import Separated
from . import separation, statistics
from .imp import Gains, Measurement
from .lineage import Lineage
from .separation import Wanted
from .statistics import Interval

NOT_MEASURED = "not measured"


class Effect(NamedTuple):
    """What an edit is worth in one place (the generation that made it), or why that is not known."""

    within: int
    worth: Interval | None
    problem: str = ""


@dataclass(frozen=True)
class EditWorth:
    generation: int
    parent: str
    child: str
    in_place: Effect
    knock_out: Effect
    transplant: Effect


@dataclass(frozen=True)
class Epistasis:
    """`together`: (S with both) - S; it may be known where one of them alone can't be had, as the later one needs the
    earlier."""

    edits: tuple[int, int]
    together: Interval | None
    worth: Interval | None
    problem: str = ""


@dataclass(frozen=True)
class Worth:
    """With so many `calls` on these targets. `edits`: those of the main line, and others that were measured;
    `pairs`: of those on the main line that were tried together."""

    calls: int
    targets: tuple[str, ...]
    edits: Sequence[EditWorth]
    pairs: Sequence[Epistasis]


def worth(lineage: Lineage, measured: Measurement) -> Worth:
    tried = {Wanted(each.kind, each.edits, each.within): each for each in lineage.separated}
    found = _Found(lineage, measured.gains, tried)
    main = {each.index for each in separation.main_line(lineage)}
    touched = {index for each in lineage.separated for index in each.edits}
    edits = separation.edits_of(lineage, main | touched)
    pairs = [pair for pair in combinations(sorted(main), 2) if found.record(separation.transplant(lineage, *pair))]
    return Worth(
        measured.calls,
        tuple(measured.targets),
        [_edit(found, each) for each in edits],
        [_epistasis(found, pair) for pair in pairs],
    )


@dataclass(frozen=True)
class _Found:
    lineage: Lineage
    gains: Mapping[str, Gains]
    tried: Mapping[Wanted, Separated]

    def record(self, asked: Wanted) -> Separated | None:
        return self.tried.get(asked)

    def problem(self, asked: Wanted) -> str:
        """Why the gains of what comes of it are not known; "" where they are."""
        made = self.record(asked)
        if made and made.problem:
            return made.problem
        return "" if made and made.tree in self.gains else NOT_MEASURED

    def of(self, asked: Wanted) -> Gains:
        made = self.record(asked)
        assert made and made.tree, "asked only where there is no problem"
        return self.gains[made.tree]

    def index(self, tree: str) -> int:
        return self.lineage.nodes[tree].made.index


def _edit(found: _Found, made: Generation) -> EditWorth:
    assert made.parent and made.child, "an edit has both"
    taken_back = separation.knock_out(found.lineage, made.index)
    alone = separation.transplant(found.lineage, made.index)
    return EditWorth(
        made.index,
        made.parent,
        made.child,
        _in_place(found, made.parent, made.child),
        _effect(found, taken_back, -1),
        _effect(found, alone, 1),
    )


def _in_place(found: _Found, parent: str, child: str) -> Effect:
    if parent not in found.gains or child not in found.gains:
        return Effect(found.index(parent), None, NOT_MEASURED)
    return Effect(found.index(parent), _sum([(1, found.gains[child]), (-1, found.gains[parent])]))


def _effect(found: _Found, asked: Wanted, sign: int) -> Effect:
    """Of what comes of it against the scaffold that it is tried in."""
    where, problem = found.index(asked.within), found.problem(asked)
    if problem or asked.within not in found.gains:
        return Effect(where, None, problem or NOT_MEASURED)
    return Effect(where, _sum([(sign, found.of(asked)), (-sign, found.gains[asked.within])]))


def _epistasis(found: _Found, pair: tuple[int, int]) -> Epistasis:
    seed = found.lineage.generations[0].child or ""
    asked = [separation.transplant(found.lineage, *edits) for edits in (pair, pair[:1], pair[1:])]
    problems = [f"{_named(each.edits)}: {problem}" for each in asked if (problem := found.problem(each))]
    if seed not in found.gains or found.problem(asked[0]):
        return Epistasis(pair, None, None, [*problems, NOT_MEASURED][0])
    both, start = found.of(asked[0]), found.gains[seed]
    together = _sum([(1, both), (-1, start)])
    if problems:
        return Epistasis(pair, together, None, problems[0])
    first, second = map(found.of, asked[1:])
    return Epistasis(pair, together, _sum([(1, both), (-1, first), (-1, second), (1, start)]))


def _named(edits: Sequence[int]) -> str:
    return " and ".join(f"g{each}" for each in edits)


def _sum(terms: Sequence[tuple[int, Gains]]) -> Interval | None:
    """Of gains, each with its sign, on the instances that all of them have."""
    values = {target: own for target in terms[0][1] if (own := list(_each(terms, target)))}
    return statistics.interval(values) if values else None


def _each(terms: Sequence[tuple[int, Gains]], target: str) -> Iterator[float]:
    shared = set.intersection(*({*gains.get(target, {})} for _, gains in terms))
    for seed in sorted(shared):
        yield sum(sign * gains[target][seed] for sign, gains in terms)
