"""What acceptance and selection policies do where all worth is known: simulations, in which nothing is run.

    python benchmarks/policies.py

Children are drawn by the shares that blind edits of the seed were measured to have, and scored as a run scores them:
looks of 1, 1, 2, 4, … seeds of every task, pruning after each but the last, then the policy. A pair differs by the
child's worth plus N(0, 0.29), and the child can lose 2 at most. For each policy and number of seeds: how often a child
that is no better is accepted, how often a run of 100 such children accepts any, how often a child that is better by
0.05, 0.10 or 0.20 is, and the pairs that a child costs on average. And for `certified`: how many pairs a child needs
until four in five are accepted, as the first of its run and as the hundredth. Selections are `selecting.py`'s.
Results: benchmarks/results/policies.json.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recursion import RESULTS, machine
from selecting import selections

from godel.lineage import Verdict
from godel.policies.acceptance import ACCEPTANCES, Acceptance, Hypothesis
from godel.policies.acceptance.certified import wealth
from godel.policies.pruning.least_gain import LeastGain
from godel.scoring.trials import doubling

DEVIATION, BOUND, TASKS, RUN = 0.29, 2.0, 4, 100
GAINS = (0.05, 0.10, 0.20)
SHARES = {"changes nothing": 0.35, "0": 0.225, "-0.10": 0.015, "+0.05": 0.0175, "+0.10": 0.0175}
"""Of blind edits: the rest (0.375) is broken, and refused by the gate."""
NEVER = -99.0


@dataclass(frozen=True)
class Plan:
    """How a child is scored: seeds of each task, and the gain below which scoring stops."""

    acceptance: str
    seeds: int
    least_gain: float

    @property
    def looks(self) -> list[int]:
        return [look.stop for look in doubling(self.seeds)]


@dataclass
class Child:
    """One child's way through its scoring: whether it is accepted, and the pairs it took."""

    accepted: bool
    pairs: int


def scored(plan: Plan, policy: Acceptance, worth: float | None, number: int, rng: random.Random) -> Child:
    """`worth` is None for a child that changes no score at all."""
    drawn = [[difference(worth, rng) for _ in range(plan.seeds)] for _ in range(TASKS)]
    pruning = LeastGain(plan.least_gain)
    for seeds in plan.looks[:-1]:
        if pruning.prune({str(task): values[:seeds] for task, values in enumerate(drawn)}):
            return Child(False, seeds * TASKS)
    pairs = {str(task): values for task, values in enumerate(drawn)}
    verdict = policy.decide(pairs, Hypothesis(number, BOUND)).verdict
    return Child(verdict is Verdict.ACCEPTED, plan.seeds * TASKS)


def difference(worth: float | None, rng: random.Random) -> float:
    return 0.0 if worth is None else max(-BOUND, min(BOUND, rng.gauss(worth, DEVIATION)))


def share(plan: Plan, worth: float | None, children: int, number: int = 1) -> float:
    policy, rng = ACCEPTANCES.make(plan.acceptance), random.Random(f"{plan} {worth} {number}")
    return sum(scored(plan, policy, worth, number, rng).accepted for _ in range(children)) / children


def runs_that_err(plan: Plan, runs: int) -> float:
    """How often a run of 100 children that are no better accepts any."""
    policy, rng = ACCEPTANCES.make(plan.acceptance), random.Random(f"{plan} runs")
    return sum(any(scored(plan, policy, 0.0, n, rng).accepted for n in range(1, RUN + 1)) for _ in range(runs)) / runs


def spend(plan: Plan, children: int) -> float:
    """Pairs that a child of the measured shares costs on average."""
    policy, rng = ACCEPTANCES.make(plan.acceptance), random.Random(f"{plan} spend")
    kinds, weights = list(SHARES), list(SHARES.values())
    drawn = rng.choices(kinds, weights, k=children)
    worths = [None if kind == "changes nothing" else float(kind) for kind in drawn]
    return sum(scored(plan, policy, worth, 1, rng).pairs for worth in worths) / children


def row(plan: Plan, children: int, runs: int) -> dict[str, Any]:
    return {
        "acceptance": plan.acceptance,
        "seeds": plan.seeds,
        "pruning": None if plan.least_gain == NEVER else plan.least_gain,
        "null child": round(share(plan, 0.0, children), 4),
        "run of 100 null children": round(runs_that_err(plan, runs), 3),
        "power": {f"{gain:+.2f}": round(share(plan, gain, children), 3) for gain in GAINS},
        "power as the hundredth": {f"{gain:+.2f}": round(share(plan, gain, children, 100), 3) for gain in GAINS},
        "pairs a child": round(spend(plan, children), 1),
    }


def needed(gain: float, number: int, draws: int) -> int:
    """Pairs after which four in five children of this worth were accepted at some look."""
    rng, threshold = random.Random(f"{gain} {number}"), number * (number + 1) / 0.05
    found = sorted(first(gain, threshold, rng) for _ in range(draws))
    return found[math.ceil(0.8 * draws) - 1]


def first(gain: float, threshold: float, rng: random.Random) -> int:
    pairs: list[float] = []
    while not pairs or wealth(pairs, BOUND) < threshold:
        step = max(1, len(pairs) // 20 // TASKS)
        pairs += [difference(gain, rng) for _ in range(step * TASKS)]
    return len(pairs)


def certificates(draws: int) -> list[dict[str, Any]]:
    return [
        {"gain": gain, "child": number, "pairs": needed(gain, number, draws)} for gain in GAINS for number in (1, 100)
    ]


def plans() -> Sequence[Plan]:
    found = [Plan("noise_aware", 8, 0.03), Plan("noise_aware", 8, NEVER), Plan("noise_aware", 32, NEVER)]
    found += [Plan("noise_aware", 16, 0.0), Plan("noise_aware", 32, 0.0), Plan("noise_aware", 64, 0.0)]
    found += [Plan("strict", 8, 0.03), Plan("certified", 8, NEVER), Plan("certified", 32, NEVER)]
    return [*found, Plan("certified", 128, NEVER)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--children", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=100, help="of 100 null children each")
    parser.add_argument("--populations", type=int, default=20, help="that each selection lives through, in each world")
    options = parser.parse_args()
    rows = []
    for plan in plans():
        rows.append(row(plan, options.children, options.runs))
        print(rows[-1], flush=True)
    result = {
        "machine": machine(),
        "command": " ".join(sys.argv),
        "policies": rows,
        "certified": certificates(options.children // 10),
        "selections": selections(options.populations),
    }
    (RESULTS / "policies.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result["certified"], indent=1))


if __name__ == "__main__":
    main()
