"""A level to choose for each of several settings, where what one is worth depends on its neighbours: an NK landscape
(Kauffman and Weinberger 1989). Rugged, with many local optima, without noise."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from ..judging.reading import read
from ..judging.seeding import stream
from . import Drawn, Landscape

LEVELS = ("low", "middle", "high")
NEIGHBOURS = 2
"""That a setting depends on, besides itself."""

DRIFT = 0.03


@dataclass(frozen=True)
class Choices:
    """`settings` many, with what each is worth drawn from `landscape`."""

    settings: int
    landscape: int

    def at(self, seed: int) -> Landscape:
        tables = self.tables(self.landscape, 1.0) + self.tables(seed, DRIFT)
        return lambda text: worth(chosen(text, self.settings), tables)

    def tables(self, seed: int, spread: float) -> np.ndarray:
        """For each setting, what its level and those of the next ones are worth."""
        return spread * stream(seed, "choices").random((self.settings, *(len(LEVELS),) * (1 + NEIGHBOURS)))


def chosen(text: str, settings: int) -> list[int]:
    """The level of each; the first ones count, and who is left out is low. Raises Invalid."""
    given = read(text).arguments("settings", LEVELS, "plan")
    return [LEVELS.index(level) for level in [*given, *LEVELS[:1] * settings][:settings]]


def worth(levels: list[int], tables: np.ndarray) -> float:
    """On average, of all settings; they lie in a circle."""
    count = len(levels)
    each = [tables[place, *(levels[(place + n) % count] for n in range(NEIGHBOURS + 1))] for place in range(count)]
    return float(sum(each)) / count


def draw(rng: np.random.Generator) -> Drawn:
    problem = Choices(6, int(rng.integers(1 << 40)))
    every = list(itertools.product(range(len(LEVELS)), repeat=problem.settings))
    tables = problem.tables(problem.landscape, 1.0)
    ranked = sorted(every, key=lambda levels: worth(list(levels), tables))
    return Drawn(problem, settings_text(ranked[len(every) // 4]), settings_text(ranked[-1]))


def settings_text(levels: tuple[int, ...]) -> str:
    given = ", ".join(LEVELS[level] for level in levels)
    return f"def settings({', '.join(LEVELS)}):\n    return plan({given})\n"
