"""A lineage as a selection sees it, written down by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from godel.lineage import Spend, Split, Trial
from godel.lineage.analysis.members import Member, Members


@dataclass(frozen=True)
class Known:
    """A lineage of members `a`, `b`, …, each with its scores, trial by trial, and its tries."""

    table: Mapping[str, Sequence[float]]
    tries: Mapping[str, int] = field(default_factory=dict)
    made: Mapping[str, Sequence[str]] = field(default_factory=dict)
    kept: Sequence[str] = ()
    seed: str = "a"
    generation: int = 1
    sizes: Mapping[str, int] = field(default_factory=dict)
    depths: Mapping[str, int] = field(default_factory=dict)

    @property
    def members(self) -> Members:
        names = self.kept or list(self.table)
        means = (sum(self.table[name]) / len(self.table[name]) for name in names)
        found = zip(names, means, strict=True)
        return Members(Member(name, at, mean, self.tries.get(name, 0)) for at, (name, mean) in enumerate(found))

    def scores(self, tree: str) -> Mapping[Trial, float]:
        return {Trial("t", Split.SEARCH, seed): score for seed, score in enumerate(self.table[tree])}

    def children(self, tree: str) -> Sequence[str]:
        return self.made.get(tree, ())

    def clade(self, tree: str) -> Sequence[str]:
        """Itself and all below it, each once, however often it was made."""
        found = [tree]
        for each in found:
            found += [child for child in self.children(each) if child not in found]
        return found

    def spend(self, tree: str) -> Spend:
        return Spend()

    def depth(self, tree: str) -> int:
        return self.depths.get(tree, 0)

    def size(self, tree: str) -> int:
        return self.sizes.get(tree, 100)
