"""A rule of names, comparisons and thresholds that decides as a hidden one does. Plateaus; some of the examples are
labelled wrong, so noise that all rules share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..judging.reading import read
from ..judging.seeding import stream
from . import Drawn, Landscape

NAMES = ("size", "age", "rate", "load")
EXAMPLES = 80
HIGHEST = 10.0
WRONG = 0.05
"""Of the labels."""


@dataclass(frozen=True)
class Rule:
    """`truth`: the text of a rule, `accept(size, age, rate, load)`, that labels the examples."""

    truth: str

    def at(self, seed: int) -> Landscape:
        rng = stream(seed, "rule")
        examples = rng.uniform(0, HIGHEST, (EXAMPLES, len(NAMES))).tolist()
        wrong = (rng.random(EXAMPLES) < WRONG).tolist()
        labels = [accepted != off for accepted, off in zip(decided(self.truth, examples), wrong, strict=True)]

        def value(text: str) -> float:
            return sum(map(bool.__eq__, decided(text, examples), labels)) / EXAMPLES

        return value


def decided(text: str, examples: list[list[float]]) -> list[bool]:
    """What the rule in a text says of each. Raises Invalid."""
    accept = read(text).function("accept", NAMES)
    return [accept(*example) != 0 for example in examples]


def draw(rng: np.random.Generator) -> Drawn:
    """Two conditions and an exception; at the beginning thresholds, a name and a comparison are wrong."""
    a, b, c = rng.permutation(NAMES)[:3].tolist()
    low, high = round(float(rng.uniform(2, 4)), 1), round(float(rng.uniform(6, 8)), 1)
    truth = rule_text(f"({a} > {low} and {b} < {high}) or {c} > {high}")
    begin = rule_text(f"({b} > {high} and {b} < {low}) or {c} < {low}")
    return Drawn(Rule(truth), begin, truth)


def rule_text(condition: str) -> str:
    return f"def accept({', '.join(NAMES)}):\n    return {condition}\n"
