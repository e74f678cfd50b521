"""The program database: islands that evolve apart, each of them a grid of the best program of each kind."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from features import cell

from godel.contract import Program, Score

ISLANDS = 3
EXPLOIT = 0.6  # of all parents are their island's best, the others any of its elites
INSPIRATIONS = 2


@dataclass(eq=False)
class Entry:
    """A program that was scored, what the model should know of how it came about, and how its changes fared."""

    program: Program
    score: Score
    notes: tuple[str, ...] = ()
    tried: list[str] = field(default_factory=list)


class Database:
    """Every island starts from the first program. `scored` has all entries by digest, those that failed, too."""

    def __init__(self, first: Entry) -> None:
        self._first = first.program
        self._islands = [{cell(first.program, first.program): first} for _ in range(ISLANDS)]
        self.scored = {first.program.digest: first}

    def sample(self, step: int, rng: random.Random) -> tuple[Entry, list[Entry]]:
        """A parent, and other programs to learn from: the best of other islands, and elites of its own."""
        island = step % len(self._islands)
        elites = list(self._islands[island].values())
        parent = best(elites) if rng.random() < EXPLOIT else rng.choice(elites)
        leaders = [best(other.values()) for number, other in enumerate(self._islands) if number != island]
        others = list(dict.fromkeys(entry for entry in [*leaders, *elites] if entry is not parent))
        chosen = rng.sample(others, min(INSPIRATIONS, len(others)))
        return parent, sorted(chosen, key=lambda entry: entry.score, reverse=True)

    def add(self, step: int, entry: Entry) -> None:
        """To the island whose turn it is, unless it failed."""
        self.scored[entry.program.digest] = entry
        if entry.score.failure is None:
            self._settle(step % len(self._islands), entry)

    def migrate(self) -> None:
        """The best of each island goes to the next one, too."""
        leaders = [best(island.values()) for island in self._islands]
        for number, leader in enumerate(leaders, 1):
            self._settle(number % len(self._islands), leader)

    def best(self, new: bool = False) -> Entry:
        """Of all; `new`: of all but the first program, if there are others."""
        entries = list(self.scored.values())
        return best(entries[1:] if new and entries[1:] else entries)

    def _settle(self, island: int, entry: Entry) -> None:
        """In its cell, unless an entry there is as good."""
        grid, place = self._islands[island], cell(entry.program, self._first)
        if place not in grid or entry.score > grid[place].score:
            grid[place] = entry


def best(entries: Iterable[Entry]) -> Entry:
    """The first of the best."""
    return max(entries, key=lambda entry: entry.score)
