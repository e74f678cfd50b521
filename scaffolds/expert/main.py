"""`compact`, set by hand: steps of constants that adapt, single edits of all else, and more of what pays."""

from __future__ import annotations

import math
import random

from godel.contract import Model, Program, Utility
from godel.contract.editing.random_edits import Editor
from godel.contract.editing.random_edits.constants import Constant, constants, with_constants

STEP = 0.8  # standard deviation of the logarithm of a number's change, at first
GROW, SHRINK = 1.6, 0.7  # of a step that gained, and of one that did not either way
TOGETHER = 2.0  # constants that change at once, on average
RATE = 0.2  # at which what pays is learned
LEAST = 0.1  # of the candidates are of either kind
REDRAWS = 8  # of a candidate that was seen before
WEIGHTS = {
    "number": 2,
    "name": 8,
    "argument": 4,
    "comparison": 1,
    "arithmetic": 1,
    "expression": 1,
    "combine": 0.5,
    "simplify": 0.5,
}
BLIND = Editor()
STRUCTURE = Editor(WEIGHTS, STEP)


class Steps:
    """Steps of the logarithms of a program's constants: on, as long as it gains; else back; else another way."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.sizes: dict[tuple[str, int], float] = {}
        self.way: dict[tuple[str, int], float] = {}
        self.turned = False

    def taken(self, program: Program, known: list[Constant]) -> Program:
        """The program one step on."""
        if not self.way:
            self.way, self.turned = self.drawn(known), False
        values = {each: each.value * math.exp(self.way.get((each.path, each.index), 0.0)) for each in known}
        moved = {each: whole(each, value) for each, value in values.items() if value != each.value}
        return with_constants(program, moved)

    def drawn(self, known: list[Constant]) -> dict[tuple[str, int], float]:
        keys = [(each.path, each.index) for each in known]
        share = TOGETHER / len(keys)
        chosen = [key for key in keys if self.rng.random() < share] or [self.rng.choice(keys)]
        return {key: self.rng.gauss(0, self.sizes.get(key, STEP)) for key in chosen}

    def heard(self, gained: bool) -> None:
        """What became of the last step."""
        if gained:
            self.way = {key: min(2.0, max(-2.0, step * GROW)) for key, step in self.way.items()}
            self.resize(GROW)
            self.turned = True
        elif not self.turned:
            self.way, self.turned = {key: -step for key, step in self.way.items()}, True
        else:
            self.resize(SHRINK)
            self.way = {}

    def resize(self, factor: float) -> None:
        for key in self.way:
            self.sizes[key] = min(1.5, max(0.01, self.sizes.get(key, STEP) * factor))


def whole(constant: Constant, value: float) -> float:
    """An integer moves by 1 at least."""
    if constant.whole and round(value) == constant.value:
        return constant.value + (1 if value > constant.value else -1)
    return value


def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:
    """The best of what it has seen; without a budget, one blind edit."""
    if not utility.remaining:
        return BLIND.edited(program, rng)
    best, top, seen = program, utility(program), {program.digest}
    steps, worth = Steps(rng), {True: 1.0, False: 1.0}
    while utility.remaining:
        known = constants(best)
        chance = max(LEAST, min(1 - LEAST, worth[True] / (worth[True] + worth[False])))
        tunes = bool(known) and rng.random() < chance
        tried = best
        for _ in range(REDRAWS):
            tried = steps.taken(best, known) if tunes else STRUCTURE.edited(best, rng)
            if tried.digest not in seen:
                break
            steps.way = {} if tunes else steps.way
        seen.add(tried.digest)
        score = utility(tried)
        gain = max(0.0, score - top)
        worth[tunes] += RATE * (gain - worth[tunes])
        if tunes:
            steps.heard(gain > 0)
        if gain > 0 or (score == top and not tunes):
            best, top = tried, score
    return best
