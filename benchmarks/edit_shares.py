"""What blind edits of a scaffold are worth: how many break it, change nothing, harm it or improve it.

    python benchmarks/edit_shares.py

A proposer (by default the scaffold itself) makes so many self-edits blind, as in a run with `self_calls = 0`. Each
edited scaffold then improves every task of a suite within a fixed number of utility calls, on the same instances and
with the same random numbers as the unedited one; what it hands in is scored on other instances. By the paired
differences, an edit is

    none       the proposer fails, or gives back what it was given
    broken     it can't be loaded, takes too long, or scores nothing but failures
    neutral    it makes no difference on any of the first pairs: what was edited is not in use there
    improving  the 95 % interval of the mean difference (normal) lies above 0
    harmful    it lies below 0
    about 0    the interval holds 0

Then the same after climbing: of the scaffold with its best improving edit, and so on for `--depth`. Of N edits without
any effect 2.5 % would count as improving by chance; and whether one counts depends on the number of pairs.
Criteria for `compact`, written down before it was measured: at least 15 % of the blind edits of the seed improve it,
and after climbing still 5 %. Results: benchmarks/results/edit_shares.json.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from in_process import TookTooLong, gained, proposed, scaffold
from recursion import RESULTS, machine
from weak_improvers import interval

from godel.contract import Program
from godel.scaffold import load
from godel.tasks.suites import suites

KINDS = ("none", "broken", "neutral", "about 0", "harmful", "improving")
CRITERIA = {"seed": 0.15, "after climbing": 0.05}
FIRST = 2
"""Instances of each task after which an edit that changes nothing, or breaks everything, is left."""

Pairs = Mapping[tuple[str, int], float]
"""What a scaffold gained, by task and seed."""


def worth(program: Program, trials: Sequence[tuple[str, int]], calls: int, cpu_s: float) -> Pairs:
    """What a scaffold gains on each trial; nothing where it can't be loaded or takes longer than that on one."""
    try:
        with scaffold(program) as improve:
            return {trial: gained(improve, *trial, calls, cpu_s) for trial in trials}
    except (Exception, TookTooLong):  # an edit that breaks it: a result
        return {}


def kind(program: Program | None, found: Pairs, unedited: Pairs) -> str:
    """What an edit is, by its pairs with the unedited scaffold."""
    if program is None:
        return "none"
    if not found or max(found.values()) <= -1:
        return "broken"
    differences = np.array([found[trial] - unedited[trial] for trial in found])
    if not differences.any():
        return "neutral"
    bounds = interval(differences)
    return "improving" if bounds["low"] > 0 else "harmful" if bounds["high"] < 0 else "about 0"


def examined(program: Program | None, unedited: Pairs, calls: int, cpu_s: float) -> dict[str, Any]:
    """One edit: what it is, and what it gains. The first trials tell whether more are needed."""
    trials = list(unedited)
    few = [trial for trial in trials if trial[1] < FIRST]
    found = worth(program, few, calls, cpu_s) if program else {}
    if kind(program, found, unedited) not in ("none", "broken", "neutral") and program:
        found = {**found, **worth(program, trials[len(few) :], calls, cpu_s)}
    edits = [list(each) for each in program.edits] if program else []
    made: dict[str, Any] = {"kind": kind(program, found, unedited), "edits": edits}
    if made["kind"] in ("about 0", "harmful", "improving"):
        made["gain"] = interval(np.array([found[trial] - unedited[trial] for trial in found]))
    return made


def table(proposer: Program, program: Program, options: argparse.Namespace, processes: Executor) -> dict[str, Any]:
    """The shares of so many blind edits of `program`, and the best of them."""
    with scaffold(proposer) as improve:
        made = [proposed(improve, program, number) for number in range(options.edits)]
    trials = [(task, seed) for seed in range(options.seeds) for task in suites()[options.suite]]
    one = partial(worth, program, calls=options.calls, cpu_s=options.cpu_s)
    unedited: dict[tuple[str, int], float] = {}
    for found in processes.map(one, [trials[at::8] for at in range(8)]):
        unedited |= found
    unedited = {trial: unedited[trial] for trial in trials}
    look = partial(examined, unedited=unedited, calls=options.calls, cpu_s=options.cpu_s)
    rows = list(processes.map(look, made))
    return summed(rows) | {"unedited": interval(np.array(list(unedited.values()))), "next": best(rows, made)}


def summed(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Shares of all edits; and counts by operator and by what was edited."""
    counts = Counter(row["kind"] for row in rows)
    by: dict[str, dict[str, Counter[str]]] = {"operator": {}, "target": {}}
    for row in rows:
        for operator, target, *_ in row["edits"][:1]:
            by["operator"].setdefault(operator, Counter())[row["kind"]] += 1
            by["target"].setdefault(target, Counter())[row["kind"]] += 1
    shares = {name: round(counts[name] / len(rows), 4) for name in KINDS}
    return {"edits": len(rows), "shares": shares, "by operator": by["operator"], "by target": by["target"]}


def best(rows: Sequence[Mapping[str, Any]], made: Sequence[Program | None]) -> dict[str, Any] | None:
    """The improving edit that gains most; None if there is none."""
    improving = [number for number, row in enumerate(rows) if row["kind"] == "improving"]
    if not improving:
        return None
    chosen = max(improving, key=lambda number: rows[number]["gain"]["mean"])
    program = made[chosen]
    assert program
    return {"gain": rows[chosen]["gain"], "edits": [list(each) for each in program.edits], "files": dict(program.files)}


def told(name: str, found: Mapping[str, Any]) -> str:
    return f"{name}: " + ", ".join(f"{kind} {share:.1%}" for kind, share in found["shares"].items())


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scaffold", default="compact", help="a scaffold's name or folder: what is edited")
    parser.add_argument("--proposer", default="", help="a scaffold's name or folder: what edits; itself if empty")
    parser.add_argument("--edits", type=int, default=200, help="blind edits, at each depth")
    parser.add_argument("--depth", type=int, default=1, help="how often the best improving edit is made")
    parser.add_argument("--suite", default="micro", help="of tasks that an edited scaffold improves")
    parser.add_argument("--seeds", type=int, default=16, help="instances of each task")
    parser.add_argument("--calls", type=int, default=40, help="of the utility, in an improve")
    parser.add_argument("--cpu-s", type=float, default=3.0, help="that one improve may take")
    parser.add_argument("--results", type=Path, default=RESULTS / "edit_shares.json", help="where they are written")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    program = load(options.scaffold).program
    given = {name: getattr(options, name) for name in ("scaffold", "proposer", "suite", "seeds", "calls", "cpu_s")}
    result: dict[str, Any] = {"machine": machine(), **given, "criteria": CRITERIA, "tables": []}
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        for depth in range(options.depth + 1):
            proposer = load(options.proposer).program if options.proposer else program
            found = table(proposer, program, options, processes)
            result["tables"].append(found)
            print(told(f"after {depth} edits", found), flush=True)
            options.results.write_text(json.dumps(result, indent=1) + "\n")
            if found["next"] is None:
                break
            program = Program(found["next"].pop("files"), program.entry)
    options.results.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
