"""What a change of the code costs: benchmarks of another checkout and of this one, in turn, as ratios new / old.

    git worktree add ../before a4bbf5e && make -C ../before .venv/installed
    python benchmarks/rebuild.py ../before

Each pair is measured within minutes, and who comes first changes from pair to pair.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recursion import RESULTS, machine

HERE = Path(__file__).resolve().parents[1]
RUNS = {
    "overhead": ("--rounds", "8", "--generations", "12"),
    "model_overhead": ("--sandbox", "bubblewrap", "--generations", "60"),
}
Medians = dict[str, float]


def measured(checkout: Path) -> Medians:
    """Milliseconds by what they were measured of."""
    printed = {name: json.loads(_run(checkout, name, options)) for name, options in RUNS.items()}
    medians = dict(_overhead(printed["overhead"]))
    return medians | {
        "one iteration around a model, bubblewrap": printed["model_overhead"]["per iteration"]["median_ms"]
    }


def _run(checkout: Path, name: str, options: tuple[str, ...]) -> str:
    command = [".venv/bin/python", f"benchmarks/{name}.py", *options]
    printed = subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True).stdout
    return printed[printed.index("{") :]


def _overhead(printed: dict[str, Any]) -> Iterator[tuple[str, float]]:
    for library in ("numpy", "torch"):
        for way, each in printed[f"per candidate, {library}"].items():
            if way.startswith("warm bench, "):
                yield f"one candidate, {library}, {way.removeprefix('warm bench, ')}", each["median_ms"]
    for tier, each in printed["per generation"].items():
        yield f"one generation, {tier}", each["median_ms"]


def in_turn(before: Path, pairs: int) -> dict[str, list[tuple[float, float]]]:
    """Old and new of each pair."""
    found = defaultdict(list)
    for number in range(pairs):
        order = (before, HERE) if number % 2 == 0 else (HERE, before)
        medians = {checkout: measured(checkout) for checkout in order}
        for what, new in medians[HERE].items():
            found[what].append((medians[before][what], new))
    return found


def ratios(pairs: list[tuple[float, float]]) -> dict[str, float]:
    each = [new / old for old, new in pairs]
    return {name: round(of(each), 2) for name, of in (("median", statistics.median), ("least", min), ("most", max))}


def main() -> None:
    parser = argparse.ArgumentParser(description="Two checkouts, measured in turn")
    parser.add_argument("before", type=Path, help="a checkout with its own .venv")
    parser.add_argument("--pairs", type=int, default=3)
    given = parser.parse_args()
    pairs = in_turn(given.before.resolve(), given.pairs)
    result = {
        "machine": machine(),
        "command": f"benchmarks/rebuild.py ../before --pairs {given.pairs}",
        "old and new, median_ms": pairs,
        "new / old": {what: ratios(each) for what, each in pairs.items()},
    }
    (RESULTS / "rebuild.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result["new / old"], indent=1))


if __name__ == "__main__":
    main()
