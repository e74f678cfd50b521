"""The programs that live during one improve."""

from __future__ import annotations

import random
from dataclasses import dataclass

from godel.contract import Program, Score

CAPACITY = 8
TOURNAMENT = 2
ELITE = 0.5  # of the parents are the best of all


@dataclass(frozen=True)
class Scored:
    program: Program
    score: Score


class Archive:
    """At most CAPACITY, the best first; whatever was scored is remembered."""

    def __init__(self, program: Program, score: Score) -> None:
        self._living = [Scored(program, score)]
        self._seen = {program.digest}

    @property
    def best(self) -> Scored:
        return self._living[0]

    def is_new(self, program: Program) -> bool:
        return program.digest not in self._seen

    def add(self, program: Program, score: Score) -> None:
        """Of equals the younger one comes first, so that the search may drift; what fails does not live."""
        self._seen.add(program.digest)
        if score.failure and not self.best.score.failure:
            return
        at = next((at for at, each in enumerate(self._living) if score >= each.score), len(self._living))
        self._living.insert(at, Scored(program, score))
        del self._living[CAPACITY:]

    def parent(self, rng: random.Random) -> Scored:
        """The best, or of a few drawn ones the best."""
        if rng.random() < ELITE:
            return self.best
        return self._living[min(rng.randrange(len(self._living)) for _ in range(TOURNAMENT))]

    def others(self, parent: Scored) -> list[Program]:
        return [each.program for each in self._living if each is not parent]
