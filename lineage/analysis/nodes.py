"""The nodes of a run: what is known of each scaffold, gathered from generations and evaluations."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from godel.contract import Program

from .. import Evaluation, Generation, Split
from ..records.events import ReportBegun
from .names import named

if TYPE_CHECKING:
    from ..store import Store


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
        """Whether any generation that reached it was accepted."""
        return any(made.kept for made in (self.made, *self.again))

    @property
    def accepted(self) -> Generation:
        """The generation that accepted it, or that made it if none did."""
        return next((made for made in (self.made, *self.again) if made.kept), self.made)


@dataclass(frozen=True)
class Remarks:
    """What somebody has to say of a run as a whole, for a page or an export to hand on."""

    lines: Sequence[str]
    advice: Sequence[tuple[str, str]]  # what a command would change, and the command
    facts: Any  # the same as a record, for programs


def _none() -> None:
    return None


@dataclass(frozen=True)
class Lineage:
    """A run as it stood when it was read: what graph, credit, views and exports start from."""

    config: Mapping[str, Any]
    generations: Sequence[Generation]
    evaluations: Mapping[str, Sequence[Evaluation]]  # by tree
    nodes: Mapping[str, Node]  # by hash, in the order in which they were first made
    children: Mapping[str, Sequence[Generation]]  # by parent: every generation that it was a parent of
    best: str | None
    source: Callable[[str], Program]  # a node's program, from the store: it has to stay open
    remarks: Callable[[], Remarks | None] = _none  # on the run, from whoever reads it; asked for only where shown

    @classmethod
    def of(cls, store: Store) -> Lineage:
        """A run's, of one moment, though a writer goes on. Raises StoreDamaged."""
        with store.snapshot():
            return cls._of(store)

    @classmethod
    def _of(cls, store: Store) -> Lineage:
        evaluations: dict[str, list[Evaluation]] = defaultdict(list)
        for evaluation in store.evaluations():
            evaluations[evaluation.tree].append(evaluation)
        generations = store.generations()
        children: dict[str, list[Generation]] = defaultdict(list)
        for generation in generations:
            for parent in dict.fromkeys(generation.parents):
                children[parent].append(generation)
        nodes = _nodes(generations, evaluations, _reported(store))
        return cls(store.config, generations, evaluations, nodes, children, best(nodes), store.program)

    def resolve(self, text: str) -> str:
        """The node called `text`; see `names.named`. Raises NodeUnknown, NodeAmbiguous."""
        return named(text, self.generations, lambda: self.best)

    def scored(self, key: str, split: Split) -> list[Evaluation]:
        return [each for each in self.evaluations.get(key, ()) if each.split is split]

    def first(self, generation: Generation) -> bool:
        """Whether this generation is the one that made its child."""
        return generation.child is not None and self.nodes[generation.child].made is generation

    def path(self, key: str) -> list[Node]:
        """From the seed to `key`, both included."""
        found: list[Node] = []
        step: str | None = key
        while step is not None and step in self.nodes:
            found.append(self.nodes[step])
            step = self.nodes[step].parent
        return found[::-1]


def resolve(store: Store, text: str) -> str:
    """The node of a run that `text` names; see `names.named`. Raises NodeUnknown, NodeAmbiguous, StoreDamaged."""
    return named(text, store.generations(), lambda: Lineage.of(store).best)


def _reported(store: Store) -> dict[Split, set[tuple[str, int]]]:
    """The trials of the reports that were begun."""
    found: dict[Split, set[tuple[str, int]]] = defaultdict(set)
    for begun in store.happened(ReportBegun):
        found[begun.split] |= set(begun.trials)
    return found


def _nodes(
    generations: Iterable[Generation],
    evaluations: Mapping[str, Sequence[Evaluation]],
    reported: Mapping[Split, set[tuple[str, int]]],
) -> dict[str, Node]:
    reached: dict[str, list[Generation]] = defaultdict(list)
    for generation in generations:
        if generation.child:
            reached[generation.child].append(generation)
    found: dict[str, Node] = {}
    whole = _trials(evaluations.get(next(iter(reached), ""), ()))
    for split, trials in reported.items():
        whole[split] |= trials
    for key, (made, *again) in reached.items():
        depth = found[made.parent].depth + 1 if made.parent in found else 0
        own = evaluations.get(key, ())
        found[key] = Node(key, made, tuple(again), depth, utilities(own), _partial(_trials(own), whole))
    return found


def _trials(evaluations: Iterable[Evaluation]) -> dict[Split, set[tuple[str, int]]]:
    found: dict[Split, set[tuple[str, int]]] = defaultdict(set)
    for each in evaluations:
        found[each.split].add((each.task, each.seed))
    return found


def _partial(
    own: Mapping[Split, set[tuple[str, int]]], whole: Mapping[Split, set[tuple[str, int]]]
) -> frozenset[Split]:
    return frozenset(split for split, trials in own.items() if whole.get(split, set()) - trials)


def utilities(evaluations: Iterable[Evaluation]) -> dict[Split, float]:
    """Per split, the mean over tasks of the mean score: each task weighs the same."""
    scores: dict[Split, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for evaluation in evaluations:
        scores[evaluation.split][evaluation.task].append(evaluation.score)
    return {split: _mean([_mean(values) for values in tasks.values()]) for split, tasks in scores.items()}


def best(known: Mapping[str, Node]) -> str | None:
    """The kept node with the greatest utility on the search split; the earlier of equals."""
    scored = [node for node in known.values() if node.kept and Split.SEARCH in node.utility]
    return max(scored, key=lambda node: node.utility[Split.SEARCH]).key if scored else None


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)  # whatever their order
