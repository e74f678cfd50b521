"""All scaffolds of a run as selection and the gate see them: a view that only grows.

Workers run ahead of the records, so every question is asked of a prefix: the archive as it
stood after generation `upto`. That is what makes a run with many workers deterministic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from godel.contract import Program
from godel.lineage import Evaluation, Generation, Outcome, Spend, Split, Trial

from .policies.selection import Member


@dataclass(frozen=True)
class Entry:
    generation: Generation
    program: Program | None
    scores: dict[Trial, float]


class Archive:
    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def add(self, generation: Generation, program: Program | None, evaluations: Sequence[Evaluation]) -> None:
        scores = {e.trial: e.score for e in evaluations if e.split is Split.SEARCH}
        self._entries.append(Entry(generation, program, scores))

    def __len__(self) -> int:
        return len(self._entries)

    def last(self) -> Entry:
        return self._entries[-1]

    def scored(self, evaluation: Evaluation) -> bool:
        """Whether this tree has a score on this trial already."""
        trial = evaluation.trial
        return any(e.generation.child == evaluation.tree and trial in e.scores for e in self._entries)

    def further(self, tree: str, before: int) -> dict[Trial, float]:
        """What `tree` scored on further trials, in generations before number `before`."""
        found: dict[Trial, float] = {}
        for each in self._entries[:before]:
            if each.generation.outcome is Outcome.EVALUATED and each.generation.parent == tree:
                found |= each.scores
        return found

    def scores(self, tree: str, upto: int) -> dict[Trial, float]:
        """What is known of `tree` once generation `upto` is recorded."""
        return self.entry(tree).scores | self.further(tree, upto + 1)

    def entries(self, upto: int) -> list[Entry]:
        return self._entries[: upto + 1]

    def generations(self) -> list[Generation]:
        return [entry.generation for entry in self._entries]

    def members(self, upto: int) -> list[Member]:
        """The scaffolds that may become parents. One that was reached twice counts once."""
        prefix = self._entries[: upto + 1]
        tried: dict[str, int] = {}
        for entry in prefix:
            evaluated = entry.generation.outcome is Outcome.EVALUATED
            for parent in dict.fromkeys(() if evaluated else entry.generation.parents):
                tried[parent] = tried.get(parent, 0) + 1
        kept: dict[str, Member] = {}
        for entry in prefix:
            tree = entry.generation.child
            if entry.generation.kept_after(upto) and tree and tree not in kept:
                score = mean(entry.scores | self.further(tree, upto + 1))
                kept[tree] = Member(tree, entry.generation.index, score, tried.get(tree, 0))
        return list(kept.values())

    def shapes(self, upto: int) -> frozenset[str]:
        return frozenset(made.shape for made in self.generations()[: upto + 1] if made.shape)

    def ancestors(self, tree: str) -> list[Program]:
        """The scaffolds that `tree` comes from, its parent first."""
        made = {e.generation.child: e for e in reversed(self._entries) if e.generation.ever_kept}
        found: list[Program] = []
        while (parent := made[tree].generation.parent) is not None:
            program, tree = made[parent].program, parent
            assert program is not None, "what was kept has a source"
            found.append(program)
        return found

    def entry(self, tree: str) -> Entry:
        """The first kept generation that made `tree`."""
        found = [e for e in self._entries if e.generation.child == tree and e.generation.ever_kept]
        return found[0]


@dataclass(frozen=True)
class Prefix:
    """What a selection sees: the archive as it stood after generation `upto`. See `policies.selection.View`."""

    archive: Archive
    upto: int

    @property
    def seed(self) -> str:
        return self.members[0].tree

    @cached_property
    def members(self) -> list[Member]:
        return self.archive.members(self.upto)

    def scores(self, tree: str) -> dict[Trial, float]:
        own = next(each.scores for each in self._scored() if each.generation.child == tree)
        return own | self.archive.further(tree, self.upto + 1)

    def children(self, tree: str) -> list[str]:
        found = (each.generation.child for each in self._scored() if tree in each.generation.parents)
        return list(dict.fromkeys(child for child in found if child))

    def clade(self, tree: str) -> list[str]:
        found = [tree]
        for each in found:
            found += [child for child in self.children(each) if child not in found]
        return found

    def spend(self, tree: str) -> Spend:
        return next(each.generation.spend for each in self._scored() if each.generation.child == tree)

    def _scored(self) -> list[Entry]:
        return [each for each in self.archive.entries(self.upto) if each.scores]


def mean(scores: dict[Trial, float]) -> float:
    """Utility: the mean over tasks of the mean over seeds."""
    by_task: dict[str, list[float]] = {}
    for trial, score in scores.items():
        by_task.setdefault(trial.task, []).append(score)
    # Rounded once, so that the order in which workers brought the scores does not show.
    return math.fsum(math.fsum(each) / len(each) for each in by_task.values()) / max(1, len(by_task))
