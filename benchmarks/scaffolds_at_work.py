"""How the scaffolds without a model do at work, beside one another: imp@k on tasks that cost milliseconds.

    python benchmarks/scaffolds_at_work.py

Each is frozen and improves the initial program of every task with 40 and with 160 utility calls; what it hands in is
scored on a fresh instance (0: the initial program, 1: the reference; a failure counts -1). All meet the same instances
with the same random numbers, so they are paired by (task, instance) with `mutation`. Intervals are at 95 %, of the
claim about these very tasks, whose unit is the pair.
Interrupt it at will: it goes on where it stopped. Results: benchmarks/results/scaffolds_at_work.json, in which a
measurement takes the place of an earlier one of the same suite and calls.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from recursion import RESULTS, machine

import godel
from godel import config, front
from godel.lineage.analysis.imp import Measurement, paired
from godel.lineage.analysis.statistics import Interval, interval
from godel.loop.run_folder import FILE

BASELINE, OTHERS = "mutation", ("population",)
SUITES, CALLS = ("micro", "weak_improver"), (40, 160)


def run_in(folder: Path, tier: str) -> Path:
    """A run of the baseline's seed, in whose file everything is kept."""
    if not (folder / FILE).exists():
        run = config.load(None, [], scaffold=BASELINE, tasks=["micro_knobs"], generations=1, sandbox=tier or None)
        godel.launch(folder, run, report=False).close()
    return folder


def measured(folder: Path, suite: str, calls: int, pairs: int) -> dict[str, Any]:
    asked = front.Asked(nodes=("seed",), others=OTHERS, calls=calls, on=(suite,), pairs=pairs)
    found: Measurement = front.imp(folder, asked)
    rows = {each.name if each.generation is None else BASELINE: each for each in found.scaffolds}
    base = found.gains[rows[BASELINE].node]
    return {
        "suite": suite,
        "calls": calls,
        "pairs": pairs,
        "scaffolds": {
            name: {
                "mean": bounds(each.fixed),
                "tasks": {task: round(own.mean, 3) for task, own in each.targets.items()},
                "failures": each.failures,
                "over": None if name == BASELINE else bounds(interval(paired(found.gains[each.node], base))),
            }
            for name, each in rows.items()
        },
    }


def bounds(found: Interval) -> dict[str, float]:
    return {"mean": round(found.mean, 4), "low": round(found.low, 4), "high": round(found.high, 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("runs/scaffolds_at_work"))
    parser.add_argument("--pairs", type=int, default=10, help="instances of each task")
    parser.add_argument("--sandbox", default="")
    parser.add_argument("--suite", action="append", choices=SUITES, help="repeatable; all if not given")
    parser.add_argument("--calls", action="append", type=int, help="repeatable; 40 and 160 if not given")
    options = parser.parse_args()
    folder = run_in(options.folder, options.sandbox)
    for suite in options.suite or SUITES:
        for calls in options.calls or CALLS:
            keep(measured(folder, suite, calls, options.pairs))


def keep(row: dict[str, Any]) -> None:
    """In the file of results, in the order of suites and calls."""
    print(json.dumps(row), flush=True)
    file = RESULTS / "scaffolds_at_work.json"
    before = json.loads(file.read_text())["measured"] if file.exists() else []
    others = [each for each in before if (each["suite"], each["calls"]) != (row["suite"], row["calls"])]
    rows = sorted([*others, row], key=lambda each: (each["suite"], each["calls"]))
    result = {"machine": machine(), "command": " ".join(sys.argv), "measured": rows}
    file.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
