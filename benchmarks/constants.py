"""Scaffolds against what users would reach for instead: search over a program's constants, at equal calls.

    python benchmarks/constants.py

`expert`, `compact` and `mutation`, and random search, Optuna's TPE and CMA-ES over the numbers at the program's top
level (`godel/constants`; `pip install 'godel-lab[compare]'`) improve the same initial programs, on the same instances
and with as many calls of the utility. What comes out is scored on other instances: 0 is the initial program, 1 the
reference. The tasks: those of the suite `micro` whose programs have constants, and two of the suite `cheap`. An
interval is over run seeds (normal, 95 %, of the mean over tasks). The results are written after each condition:
benchmarks/results/constants.json.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from concurrent.futures import Executor, ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from in_process import CountedUtility, gained, scaffold, score, task_named
from recursion import RESULTS, machine
from weak_improvers import interval

from godel.constants import SEARCHERS, make
from godel.contract.editing.random_edits.constants import constants
from godel.scaffold import load
from godel.tasks.suites import suites

SCAFFOLDS = ("expert", "compact", "mutation")
CLASSICAL = ("circle_packing_26", "maxcut")
"""Others start a program anew for each instance, which this process can't."""
FRESH = 1_000_000


def tasks() -> list[str]:
    return [*(name for name in suites()["micro"] if constants(task_named(name).initial)), *CLASSICAL]


def outcome(condition: str, task: str, calls: int, seed: int) -> float:
    """What one condition makes of a task, on a fresh instance."""
    if condition in SCAFFOLDS:
        with scaffold(load(condition).program) as improve:
            return gained(improve, task, seed, calls)
    utility = CountedUtility(task, seed, calls)
    made = make(condition)(task_named(task).initial, utility, calls, random.Random(seed))
    return float(score(task, made, FRESH + seed))


def told(scores: dict[str, list[float]]) -> dict[str, Any]:
    """The mean of each task, and that over tasks with its interval over seeds."""
    over = interval(np.array(list(scores.values())).mean(axis=0))
    return {"mean": over, "tasks": {task: round(float(np.mean(each)), 4) for task, each in scores.items()}}


def measured(condition: str, calls: int, seeds: int, processes: Executor) -> dict[str, Any]:
    """One condition on all tasks."""
    wanted = {
        task: [processes.submit(outcome, condition, task, calls, seed) for seed in range(seeds)] for task in tasks()
    }
    return told({task: [each.result() for each in done] for task, done in wanted.items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10, help="runs of each condition on each task")
    parser.add_argument("--calls", type=int, nargs="+", default=[40, 160], help="of the utility, in a run")
    parser.add_argument("--results", type=Path, default=RESULTS / "constants.json", help="where they are written")
    options = parser.parse_args()
    found: dict[str, dict[str, Any]] = {str(calls): {} for calls in options.calls}
    result = {"machine": machine(), "seeds": options.seeds, "tasks": tasks(), "calls": found}
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        for calls, condition in product(options.calls, (*SCAFFOLDS, *SEARCHERS)):
            row = found[str(calls)][condition] = measured(condition, calls, options.seeds, processes)
            print(calls, condition, row["mean"], row["tasks"], flush=True)
            options.results.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
