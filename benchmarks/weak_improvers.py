"""What each fault of the weak improvers costs, by itself.

    python benchmarks/weak_improvers.py

For each improver: what it gains when one fault of the initial program is mended, and what the mended one (the
reference) loses when one fault is put back. Both are paired by instance (12 problems, 24 calls each), in the
judge's unit (0 is no improvement of the micro problems, 1 their references), with 95 % intervals. The programs are
ours, so they are run here, without sandboxes, by the task's own driver and judge.
Results: benchmarks/results/weak_improvers.json.
"""

from __future__ import annotations

import argparse
import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from recursion import RESULTS, machine

from godel.tasks import HERE, load
from godel.tasks.judging.improvers import driver
from godel.tasks.landscapes import improving as judge
from godel.tasks.suites import suites

NAMES = (*suites()["weak_improver"], *suites()["weak_improver:reserved"])
PRESET = {"problems": 12, "calls": 24}


class Here:
    """A program of ours as a candidate, in this process."""

    recorded = False

    def __init__(self, text: str) -> None:
        self._program = ModuleType("main")
        exec(text, vars(self._program))

    def start(self) -> None:
        pass

    def call(self, request: Any) -> Any:
        return driver.run(self._program, request)


@lru_cache(maxsize=512)
def instance(seed: int) -> judge.Exercises:
    return judge.instance(seed, PRESET)


def value(text: str, seed: int) -> float:
    return judge.score(instance(seed), Here(text)).value


def faults(name: str) -> list[Mapping[str, str]]:
    """What is wrong with an improver: `what`, and the text that is `weak`, and `mended`."""
    found: list[Mapping[str, str]] = tomllib.loads((HERE / name / "faults.toml").read_text())["fault"]
    return found


def measured(name: str, seeds: Sequence[int], processes: Executor) -> dict[str, Any]:
    """Of one improver: both programs, and each fault mended and put back by itself."""
    task = load(name)

    def values(text: str) -> np.ndarray:
        return np.array(list(processes.map(partial(value, text), seeds, chunksize=4)))

    weak, mended = (program.files["main.py"] for program in (task.initial, task.reference))
    before, after = values(weak), values(mended)
    found = [
        {
            "what": fault["what"],
            "mended": interval(values(weak.replace(fault["weak"], fault["mended"])) - before),
            "put back": interval(after - values(mended.replace(fault["mended"], fault["weak"]))),
        }
        for fault in faults(name)
    ]
    return {"initial": interval(before), "reference": interval(after), "faults": found}


def interval(values: np.ndarray) -> dict[str, float]:
    """The mean, and the bounds of its normal 95 % interval."""
    mean, half = float(values.mean()), 1.96 * float(values.std(ddof=1)) / len(values) ** 0.5
    return {"mean": round(mean, 4), "low": round(mean - half, 4), "high": round(mean + half, 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", type=int, default=60, help="of each task, the same for every program")
    parser.add_argument("--results", type=Path, default=RESULTS / "weak_improvers.json", help="where they are written")
    options = parser.parse_args()
    result: dict[str, Any] = {"machine": machine(), "instances": options.instances, "improvers": {}}
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        for name in NAMES:
            found = result["improvers"][name] = measured(name, range(options.instances), processes)
            print(f"{name}: {found['initial']['mean']:.3f}, mended {found['reference']['mean']:.3f}", flush=True)
            for fault in found["faults"]:
                ways = ", ".join(f"{way} {told(fault[way])}" for way in ("mended", "put back"))
                print(f"  {fault['what']}: {ways}", flush=True)
    options.results.write_text(json.dumps(result, indent=2) + "\n")


def told(found: Mapping[str, float]) -> str:
    return f"{found['mean']:+.3f} [{found['low']:+.3f}, {found['high']:+.3f}]"


if __name__ == "__main__":
    main()
