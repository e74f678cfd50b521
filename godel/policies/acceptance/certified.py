"""Keep a child only when a test that may be looked at any number of times says so, under one error budget a run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from godel.policies import Differences, option
from godel.tasks.ranges import number

from . import Decision, Hypothesis, accepted

BETS = 16
"""How many stakes the capital is spread over."""


@dataclass(frozen=True)
class Certified:
    """A gain that betting certifies: a run accepts any child that is no better with probability alpha at most.

    Each pair gives a difference X, which is at least -B. A stake λ ≤ 1/B on a gain multiplies a capital of 1 by 1 + λX;
    what is staked is spread evenly over values of λ. If the child is no better, the capital is a supermartingale: by
    Ville's inequality it ever reaches 1/a with probability a at most, however often one looks and whenever one stops
    (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 2024). "No better" is
    said of the mean over the tasks: in a round of one pair of each, E[Π (1 + λX)] = Π (1 + λμ) for independent pairs,
    which is at most (1 + λ · mean of μ) to their number, as a geometric mean is no more than the arithmetic one.

    Child n of a run has the budget alpha / (n (n + 1)), and all of them have alpha together: a union bound over a whole
    line of self-edits, as the Statistical Gödel Machine (arXiv 2510.10232) asks for. Betting on paired differences of
    agents is PACE's (arXiv 2606.08106).

    Conditions: the pairs are independent given the two scaffolds, on fresh instances; n and B are known before the
    child is scored (its generation; the parent's own score above the lowest there is). A task with fewer seeds than
    another makes as many rounds as it has seeds, in which the other's pairs count by their means: with a costly task of
    one seed there is one round, and nothing can be certified. What is certified is the mean over the tasks of this run,
    on instances like its own.
    """

    alpha: Annotated[float, number(0.000_001, 0.5)] = option(0.05, "the probability that a run accepts any such child")

    def decide(self, differences: Differences, hypothesis: Hypothesis) -> Decision:
        capital = wealth(list(pairs(differences)), hypothesis.bound)
        needed = hypothesis.number * (hypothesis.number + 1) / self.alpha
        return accepted(capital >= needed, f"capital {capital:.3g} of the {needed:.3g} that child needs")


def pairs(differences: Differences) -> Iterator[float]:
    """As many of each task as the one with the fewest has; of a task with more, each is the mean of several."""
    count = min(map(len, differences.values()))
    for values in differences.values():
        parts = (values[place::count] for place in range(count))
        yield from (math.fsum(part) / len(part) for part in parts)


def wealth(gains: Sequence[float], bound: float) -> float:
    """What a capital of 1 became that was spread evenly over stakes up to 1 / `bound`. Its order does not matter."""
    stakes = [step / (BETS * bound) for step in range(1, BETS + 1)]
    return math.fsum(math.prod(max(0.0, 1 + stake * gain) for gain in gains) for stake in stakes) / BETS
