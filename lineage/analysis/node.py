"""What views show of each scaffold, gathered from generations and evaluations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .. import Evaluation, Generation, Split, Trial
from .statistics import utility

Trials = Mapping[Split, set[Trial]]


@dataclass(frozen=True)
class Node:
    """A scaffold. `made` is the generation that first reached its tree: later ones that
    reach it again are in `again`, and draw no edge, so that ancestry is a tree."""

    key: str
    made: Generation
    again: tuple[Generation, ...]
    depth: int  # self-edits since the seed
    utility: Mapping[Split, float]  # mean over tasks of the mean score; a split without scores is absent
    partial: frozenset[Split]  # where it lacks trials that the seed or the report has: it compares with nobody's

    @property
    def parent(self) -> str | None:
        return self.made.parent

    @property
    def kept(self) -> bool:
        """Whether any generation that reached it is kept."""
        return any(made.kept for made in (self.made, *self.again))

    @property
    def accepted(self) -> Generation:
        """The generation that it is kept by, or that made it if by none."""
        return next((made for made in (self.made, *self.again) if made.kept), self.made)


def nodes(
    generations: Iterable[Generation], evaluations: Mapping[str, Sequence[Evaluation]], reported: Trials
) -> dict[str, Node]:
    """By hash, in the order in which they were first made. `reported`: the trials of the reports that were begun."""
    reached: dict[str, list[Generation]] = defaultdict(list)
    for generation in generations:
        if generation.child:
            reached[generation.child].append(generation)
    by_hash: dict[str, Node] = {}
    whole = _trials(evaluations.get(next(iter(reached), ""), ()))
    for split, trials in reported.items():
        whole[split] |= trials
    for key, (made, *again) in reached.items():
        depth = by_hash[made.parent].depth + 1 if made.parent in by_hash else 0
        own = evaluations.get(key, ())
        by_hash[key] = Node(key, made, tuple(again), depth, _utilities(own), _partial(_trials(own), whole))
    return by_hash


def _trials(evaluations: Iterable[Evaluation]) -> defaultdict[Split, set[Trial]]:
    by_split: defaultdict[Split, set[Trial]] = defaultdict(set)
    for each in evaluations:
        by_split[each.split].add(each.trial)
    return by_split


def _partial(own: Trials, whole: Trials) -> frozenset[Split]:
    return frozenset(split for split, trials in own.items() if whole.get(split, set()) - trials)


def _utilities(evaluations: Iterable[Evaluation]) -> dict[Split, float]:
    scores: dict[Split, dict[Trial, float]] = defaultdict(dict)
    for each in evaluations:
        scores[each.split].setdefault(each.trial, each.score)
    return {split: utility(own) for split, own in scores.items()}
