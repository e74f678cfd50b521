"""Which self-edits made the improver a better improver, and kept doing so in its descendants?

For every accepted self-edit: what it gave (the paired difference to its parent, with its
interval, on the search split and, where both were reported, held out), whether it is part
of the best scaffold, and what was built on it. The gain on the search split is the one that
acceptance chose by, so it is biased upwards (the winner's curse); the held-out one is not.

Clade metaproductivity (CMP) is the Huxley-Gödel Machine's estimate (arXiv 2510.21614):
successes over tries, pooled over every evaluation in the clade, the node's own included.
Here a score takes the place of a success, so CMP is the mean normalised score of the
clade's evaluations on the search split; each evaluation counts once.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from godel.contract import Edit

from .. import Generation, Spend, Split, Status
from . import statistics
from .lineage import Lineage
from .statistics import Interval


@dataclass(frozen=True)
class Clade:
    """A node with its descendants. Scores are on the search split, None without any."""

    size: int = 1  # nodes, itself included
    kept: int = 0  # of them, accepted ones (and the seed)
    scored: int = 0  # nodes with a utility
    mean: float | None = None  # of the utilities of kept nodes
    best: float | None = None  # the greatest of those
    evaluations: int = 0
    cmp: float | None = None


@dataclass(frozen=True)
class Productivity:
    """How good a scaffold is at improving, judged by what it made: the third of its numbers."""

    children: Interval | None  # mean gain of its scored children over it, on the search split
    tries: int  # generations that it was the parent of
    accepted: int  # of them, accepted
    cmp: float | None  # clade metaproductivity
    clade: int  # nodes that CMP is over, itself included


@dataclass(frozen=True)
class EditCredit:
    """One accepted self-edit and what became of it."""

    generation: int
    parent: str
    child: str
    edits: tuple[Edit, ...]
    gain: Interval | None  # None when no pair was scored
    held_out: Interval | None
    p: float  # one-sided, of "no gain" on the search split
    q: float  # the same, at the false discovery rate over every scored edit of the run
    survives: bool  # the best node is this child or descends from it
    clade: Clade
    tries: int  # generations that the child was the parent of
    accepted: int  # of them, accepted
    offspring: Interval | None  # mean gain of its scored children: how good it is at improving


@dataclass(frozen=True)
class GroupCredit:
    """What self-edits of one operator, target or kind gave, over all generations that tried one. A generation counts
    once in each of its groups."""

    name: str
    tries: int
    scored: int
    accepted: int
    rate: Interval  # accepted of tries, Wilson's interval
    gain: Interval | None  # mean over its scored generations of their mean paired difference
    p: float
    q: float  # over all groups of the same sort
    surviving: int  # uses that the best node has in its ancestry
    spend: Spend  # of all tries, those that the gate refused too
    per_1000: float | None  # gains of those accepted for every 1,000 evaluations spent on tries; None for none spent


def edits(lineage: Lineage) -> list[EditCredit]:
    """Every accepted self-edit, the greatest gain first; those without pairs last."""
    tests, survivors, grown = _tests(lineage), _survivors(lineage), clades(lineage)
    edit_credits = [
        _credit(lineage, made, tests, made.index in survivors, grown[made.child])
        for made in lineage.generations
        if made.status is Status.ACCEPTED and made.parent and made.child
    ]
    return sorted(edit_credits, key=lambda each: (_rank(each.gain), each.generation))


def operators(lineage: Lineage) -> list[GroupCredit]:
    """By operator, the greatest mean gain first; those never scored last."""
    return groups(lineage, lambda made: [edit.operator for edit in made.edits])


def targets(lineage: Lineage) -> list[GroupCredit]:
    """By what was edited: a file's function or variable, as the edits name it."""
    return groups(lineage, lambda made: [edit.target for edit in made.edits])


def groups(lineage: Lineage, names: Callable[[Generation], Iterable[str]]) -> list[GroupCredit]:
    """By the names that each generation has, the greatest mean gain first; those never scored last."""
    used: dict[str, list[Generation]] = defaultdict(list)
    for made in lineage.generations:
        for name in dict.fromkeys(names(made)):
            used[name].append(made)
    tests, survivors = _tests(lineage), _survivors(lineage)
    gains = {name: [tests[made.index].mean for made in uses if made.index in tests] for name, uses in used.items()}
    ps = [statistics.p_value({"": each}) if each else 1.0 for each in gains.values()]
    group_credits = [
        _group(name, used[name], tests, (p, q), survivors)
        for name, p, q in zip(used, ps, statistics.q_values(ps), strict=True)
    ]
    return sorted(group_credits, key=lambda each: (_rank(each.gain), each.name))


def clades(lineage: Lineage) -> dict[str, Clade]:
    """Every node's clade, in one pass from the youngest up: a child is younger than its parent."""
    members: dict[str, _Sums] = {key: _Sums.of(lineage, key) for key in lineage.nodes}
    for node in reversed(list(lineage.nodes.values())):
        if node.parent in members:
            members[node.parent].add(members[node.key])
    return {key: sums.clade() for key, sums in members.items()}


def productivity(lineage: Lineage, key: str, clade: Clade) -> Productivity:
    """Of a node with its clade (see `clades`)."""
    tried = lineage.uses.get(key, ())
    accepted = sum(made.status is Status.ACCEPTED for made in tried)
    return Productivity(offspring(lineage, key), len(tried), accepted, clade.cmp, clade.size)


def offspring(lineage: Lineage, key: str) -> Interval | None:
    """Over the node's scored children, the mean of their mean gains; None without any. One whose
    scoring stopped early counts with the pairs it reached."""
    pairs = [_paired(lineage, made, Split.SEARCH) for made in lineage.uses.get(key, ()) if _counts(lineage, made)]
    gains = [statistics.interval(each).mean for each in pairs if each]
    return statistics.interval({"": gains}) if gains else None


@dataclass
class _Sums:
    size: int
    kept: int
    utilities: int
    total: float
    best: float | None
    scores: float
    evaluations: int

    @classmethod
    def of(cls, lineage: Lineage, key: str) -> _Sums:
        node = lineage.nodes[key]
        utility = node.utility.get(Split.SEARCH) if node.kept else None
        scores = [each.score for each in lineage.scored(key, Split.SEARCH)]
        return cls(1, int(node.kept), int(utility is not None), utility or 0.0, utility, sum(scores), len(scores))

    def add(self, other: _Sums) -> None:
        self.size += other.size
        self.kept += other.kept
        self.utilities += other.utilities
        self.total += other.total
        self.best = max((each for each in (self.best, other.best) if each is not None), default=None)
        self.scores += other.scores
        self.evaluations += other.evaluations

    def clade(self) -> Clade:
        mean = self.total / self.utilities if self.utilities else None
        cmp = self.scores / self.evaluations if self.evaluations else None
        return Clade(self.size, self.kept, self.utilities, mean, self.best, self.evaluations, cmp)


def gain(lineage: Lineage, made: Generation, split: Split) -> Interval | None:
    """Child against parent, paired; None when they share no scored instance."""
    pairs = _paired(lineage, made, split)
    return statistics.interval(pairs) if pairs else None


def _paired(lineage: Lineage, made: Generation, split: Split) -> dict[str, list[float]]:
    if not made.parent or not made.child:
        return {}
    return statistics.paired(lineage.scored(made.child, split), lineage.scored(made.parent, split))


class _Test(NamedTuple):
    """A scored self-edit: its mean paired difference with its interval, p and q."""

    mean: float
    interval: Interval
    p: float
    q: float


def _tests(lineage: Lineage) -> dict[int, _Test]:
    """By generation."""
    pairs = {made.index: _paired(lineage, made, Split.SEARCH) for made in lineage.generations if _counts(lineage, made)}
    scored = {index: each for index, each in pairs.items() if each}
    ps = [statistics.p_value(each) for each in scored.values()]
    intervals = [statistics.interval(each) for each in scored.values()]
    rows = zip(scored, intervals, ps, statistics.q_values(ps), strict=True)
    return {index: _Test(each.mean, each, p, q) for index, each, p, q in rows}


def _counts(lineage: Lineage, made: Generation) -> bool:
    """One that only led back to a known node was not scored for itself."""
    return lineage.first(made) or made.status is Status.ACCEPTED


def _credit(lineage: Lineage, made: Generation, tests: Mapping[int, _Test], survives: bool, clade: Clade) -> EditCredit:
    assert made.parent and made.child  # an accepted edit has both
    made_by_it = productivity(lineage, made.child, clade)
    test = tests.get(made.index)
    return EditCredit(
        generation=made.index,
        parent=made.parent,
        child=made.child,
        edits=made.edits,
        gain=test.interval if test else None,
        held_out=gain(lineage, made, Split.HELD_OUT),
        p=test.p if test else 1.0,
        q=test.q if test else 1.0,
        survives=survives,
        clade=clade,
        tries=made_by_it.tries,
        accepted=made_by_it.accepted,
        offspring=made_by_it.children,
    )


def _rank(gain: Interval | None) -> float:
    return math.inf if gain is None else -gain.mean


def _group(
    name: str, uses: Sequence[Generation], tests: Mapping[int, _Test], pq: tuple[float, float], survivors: Iterable[int]
) -> GroupCredit:
    gains = [tests[made.index].mean for made in uses if made.index in tests]
    accepted = [made.index for made in uses if made.status is Status.ACCEPTED]
    surviving = len({made.index for made in uses} & set(survivors))
    mean = statistics.interval({"": gains}) if gains else None
    rate = statistics.proportion(len(accepted), len(uses))
    spend = sum((made.spend for made in uses), Spend())
    gained = sum(tests[index].mean for index in accepted if index in tests)
    per_1000 = 1000 * gained / spend.evaluations if spend.evaluations else None
    return GroupCredit(name, len(uses), len(gains), len(accepted), rate, mean, *pq, surviving, spend, per_1000)


def _survivors(lineage: Lineage) -> set[int]:
    """The generations that the best node is made of."""
    return {node.accepted.index for node in lineage.path(lineage.best)} if lineage.best else set()
