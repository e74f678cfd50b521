"""Whether racing finds the best of several versions: a simulation, in which nothing is run.

    python benchmarks/races.py

A scaffold that edits itself tries twelve versions on four tasks; a score varies by 0.29 (SD), and so many of the twelve
are better by so much. It takes the one that it is told is worth most. By `improve.self_trials`, once as the laboratory
does it (`godel/scoring/race.py`) and once with all versions scored in full: how often the one that it takes is one of
the best, and what a version costs in trials. Results: benchmarks/results/races.json.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from recursion import RESULTS, machine

from godel.lineage import Evaluation, Split, Trial
from godel.scoring.evaluator import Scored
from godel.scoring.race import Race
from godel.scoring.trials import doubling

DEVIATION, VERSIONS, TASKS = 0.29, 12, ("a", "b", "c", "d")
CASES: Mapping[str, Sequence[float]] = {
    "two of +0.20": [0.2, 0.2],
    "one of +0.20, one of +0.10": [0.2, 0.1],
    "six of +0.10": [0.1] * 6,
}
SEEDS = (1, 2, 4, 8, 16)


def rounds(seeds: int) -> list[list[Trial]]:
    return [[Trial(task, Split.SEARCH, seed) for seed in part for task in TASKS] for part in doubling(seeds)]


def told(race: Race, gain: float, rng: random.Random) -> tuple[float, int]:
    """What a version is told to be worth, and the trials that took."""

    def score(trials: Sequence[Trial]) -> list[Scored]:
        values = [(trial, rng.gauss(gain, DEVIATION)) for trial in trials]
        made = [Evaluation("", each.task, "", each.split, each.seed, value, None, None, "") for each, value in values]
        return [Scored(each, None, ()) for each in made]

    scored, worth = race.run(score)
    return sum(worth.values()) / len(worth), len(scored)


def row(case: str, seeds: int, raced: bool, draws: int) -> dict[str, Any]:
    found = spent = 0
    for draw in range(draws):
        rng = random.Random(f"{case} {seeds} {draw}")
        gains = rng.sample([*CASES[case], *[0.0] * (VERSIONS - len(CASES[case]))], VERSIONS)
        race = Race(rounds(seeds))
        answers = [told(race if raced else Race(rounds(seeds)), gain, rng) for gain in gains]
        found += gains[answers.index(max(answers))] == max(gains)
        spent += sum(trials for _, trials in answers)
    return {
        "case": case,
        "seeds": seeds,
        "raced": raced,
        "found the best": round(found / draws, 3),
        "trials a version": round(spent / draws / VERSIONS, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000)
    options = parser.parse_args()
    rows = [
        row(case, seeds, raced, options.draws) for case in CASES for seeds in SEEDS for raced in (False, True)[:seeds]
    ]
    for each in rows:
        print(each)
    result = {"machine": machine(), "command": " ".join(sys.argv), "races": rows}
    (RESULTS / "races.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
