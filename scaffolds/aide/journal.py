"""The tree of solutions, and what of it is told to the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from godel.contract import Program, Score, in_words

Stage = Literal["given", "draft", "debug", "improve"]
UNSCORED = Score(0.0)


@dataclass(frozen=True, eq=False)
class Node:
    """A program with the plan that led to it, and what it was worth."""

    program: Program
    plan: str
    stage: Stage
    parent: Node | None = None
    score: Score = UNSCORED
    notes: tuple[str, ...] = ()

    def scored(self, score: Score) -> Node:
        return replace(self, score=score)

    @property
    def debug_depth(self) -> int:
        """How many fixes in a row led here."""
        return 1 + self.parent.debug_depth if self.stage == "debug" and self.parent else 0


class Journal:
    """All nodes in the order in which they were made, the given program first."""

    def __init__(self, given: Node) -> None:
        self.nodes = [given]

    @property
    def drafts(self) -> list[Node]:
        return [node for node in self.nodes if node.stage == "draft"]

    @property
    def failed(self) -> list[Node]:
        return [node for node in self.nodes if node.score.failure]

    @property
    def good(self) -> list[Node]:
        return [node for node in self.nodes if not node.score.failure]

    @property
    def best(self) -> Node | None:
        """The first of the best nodes that do not fail, if there is any."""
        return max(self.good, key=lambda node: node.score, default=None)

    def is_leaf(self, node: Node) -> bool:
        return all(other.parent is not node for other in self.nodes)

    def handed_in(self, differing: bool) -> Node:
        """The best node; with `differing`, one that is not the given program, if another one runs."""
        given = self.nodes[0]
        others = [node for node in self.good if node.program != given.program]
        best = self.best or given
        return max(others, key=lambda node: node.score) if differing and best is given and others else best

    def summary(self) -> str:
        """Plan and result of every node that does not fail."""
        return "\n\n".join(self._told())

    def _told(self) -> Iterator[str]:
        for node in self.good:
            parent = node.parent
            gain = f" ({node.score - parent.score:+.4f} by this change)" if parent and not parent.score.failure else ""
            yield f"Plan ({node.stage}): {node.plan}\nScore: {in_words(node.score)}{gain}"
