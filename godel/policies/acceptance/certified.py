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

    Each round of seeds (one of every task) gives one mean difference X, which is at least -B. A stake λ ≤ 1/B on a
    gain multiplies a capital of 1 by 1 + λX. If the child is no better, E[X] ≤ 0, the capital is a supermartingale
    whatever the stakes are mixed of, and by Ville's inequality it ever reaches 1/a with probability a at most, however
    often one looks and whenever one stops (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by
    betting", JRSS B 2024). Child n of a run has the budget alpha / (n (n + 1)), and all of them have alpha together: a
    union bound over a whole line of self-edits, as the Statistical Gödel Machine (arXiv 2510.10232) asks for. Betting
    on paired differences of agents is PACE's (arXiv 2606.08106).

    Conditions: scores have a range (`highest` in a task's manifest; B follows from it); the rounds are independent
    given the two scaffolds; n is fixed before the child is scored. A task with fewer seeds than another makes as many
    rounds as it has seeds, each a mean over several of the other's: with a costly task of one seed there is one round,
    and nothing can be certified. What is certified is the mean over the tasks of this run, on instances like its own.
    """

    alpha: Annotated[float, number(0.000_001, 0.5)] = option(0.05, "the probability that a run accepts any such child")

    def decide(self, differences: Differences, hypothesis: Hypothesis) -> Decision:
        capital = wealth(list(rounds(differences)), hypothesis.bound)
        needed = hypothesis.number * (hypothesis.number + 1) / self.alpha
        return accepted(capital >= needed, f"capital {capital:.3g} of the {needed:.3g} that child needs")


def rounds(differences: Differences) -> Iterator[float]:
    """One mean difference over all tasks for each seed of the task that has the fewest."""
    count = min(map(len, differences.values()))
    for place in range(count):
        parts = [values[place::count] for values in differences.values()]
        yield math.fsum(math.fsum(part) / len(part) for part in parts) / len(parts)


def wealth(gains: Sequence[float], bound: float) -> float:
    """What a capital of 1 became that was spread evenly over stakes up to 1 / `bound`. Its order does not matter."""
    stakes = [step / (BETS * bound) for step in range(1, BETS + 1)]
    return math.fsum(math.prod(max(0.0, 1 + stake * gain) for gain in gains) for stake in stakes) / BETS
