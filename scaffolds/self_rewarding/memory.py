"""What was drafted and judged so far: the preferences that the next round learns from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from judge import Judgement

from godel.contract import Program
from godel.contract.editing import Edited


class Pair(NamedTuple):
    """Two drafts of one round, of which the judge prefers one."""

    better: Judgement
    worse: Judgement


class Memory:
    """`start` is the judgement of the given program, `latest` are those of this round's drafts."""

    def __init__(self, given: Program) -> None:
        self.given, self.seen = given, [given.digest]
        self.start: Judgement | None = None
        self.drafts: Sequence[Edited] = ()
        self.latest: list[Judgement] = []
        self.pairs: list[Pair] = []
        self._first: Program | None = None
        self._top: Judgement | None = None

    @property
    def best(self) -> Judgement | None:
        """A draft that is judged as good as the given program is preferred to it: it was meant to be better."""
        found = [each for each in (self._top, *self.latest, self.start) if each]
        return max(found, key=rank, default=None)

    def begin(self, drafts: Sequence[Edited]) -> None:
        """Drafts of a new round."""
        self._top, self.drafts, self.latest = self.best, drafts, []
        self.seen += [each.program.digest for each in drafts]
        if drafts and self._first is None:
            self._first = drafts[0].program

    def learn(self) -> None:
        """A pair of this round's best and worst draft. Equals teach nothing."""
        ranked = sorted(self.latest, key=rank)
        if ranked and ranked[-1].score > ranked[0].score:
            self.pairs.append(Pair(ranked[-1], ranked[0]))

    def choice(self, differing: bool) -> Program:
        """The best by judgement. Where nothing was judged: the given program, or a draft if it must differ."""
        if self.best:
            return self.best.draft.program
        return self._first if differing and self._first else self.given


def rank(judgement: Judgement) -> tuple[float, bool, int]:
    """Between equals the shorter draft wins, as judges like what is long."""
    draft = judgement.draft.program
    return judgement.score, bool(draft.edits), -sum(map(len, draft.files.values()))
