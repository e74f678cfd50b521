"""What a run costs as it grows: to open it, to choose the next parent, to ask the ledger, to look at it.

    python benchmarks/growth.py

Runs of 10, 1,000, 10,000 and 100,000 generations are written (nothing is executed), each opened in a process of
its own, and every cost is given as a ratio to that of the smallest run too.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from godel.contract import Edit, Program
from godel.lineage import (
    Evaluation,
    Evidence,
    Generation,
    Outcome,
    Ruling,
    Spend,
    Split,
    Transcript,
    Verdict,
)
from godel.lineage.records.events import SeedChosen
from godel.lineage.store import Store

SIZES = (10, 1_000, 10_000, 100_000)
RESULTS = Path(__file__).parent / "results" / "growth.json"
TRIALS = 2
"""Of each child."""


def write(file: Path, generations: int) -> None:
    """A run in which one child in four is kept, each of a scaffold of its own."""
    rng = random.Random(1)
    seed = Program({"main.py": "X = 0\n"})
    with Store.create(file, {"run": {"workers": 2}}) as store:
        store.event(SeedChosen(store.put_program(seed)))
        made = Generation(0, (), seed.digest, None, Outcome.SEED, shape=seed.digest)
        store.record(made, None, scores(seed.digest, rng), Transcript())
        kept = [seed.digest]
        for index in range(1, generations):
            child = Program({"main.py": f"X = {index}\n"})
            store.record(generation(index, kept[-1], child.digest, rng), child, scores(child.digest, rng), Transcript())
            if index % 4 == 0:
                kept.append(child.digest)


def generation(index: int, parent: str, child: str, rng: random.Random) -> Generation:
    verdict = Verdict.REJECTED if index % 4 else Verdict.ACCEPTED
    gain = rng.gauss(0, 0.1)
    ruling = Ruling(index, verdict, "acceptance:strict", "", Evidence(gain, gain - 0.1, gain + 0.1, TRIALS), index)
    edit = Edit("number", "main.py:X", str(index - 1), str(index))
    spend = Spend(evaluations=TRIALS, cpu_s=1.5, wall_s=1.0)
    return Generation(
        index,
        (parent,),
        child,
        parent,
        Outcome.SCORED,
        edits=(edit,),
        seed=index,
        spend=spend,
        shape=child,
        rulings=(ruling,),
    )


def scores(tree: str, rng: random.Random) -> list[Evaluation]:
    return [
        Evaluation(tree, "maxcut", "v", Split.SEARCH, seed, rng.random(), 1.0, None, "p", Spend(1))
        for seed in range(TRIALS)
    ]


def measured(file: Path) -> dict[str, float]:
    """In this process: seconds to open, then to load and choose the first parent, of each question once it
    was asked, and peak memory. The first order itself (source, transcript) is not in it."""
    from godel.lineage.analysis.history import History, Prefix
    from godel.policies.selection.dgm import DarwinGodel

    started = time.perf_counter()
    with Store.open(file, writable=True) as store:
        opened = time.perf_counter() - started
        history = History.of(store)
        upto = len(history) - 1
        DarwinGodel().choose(Prefix(history, upto), random.Random(0))
        first = time.perf_counter() - started
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        child = history.members(upto)[-1].tree
        return {
            "open_s": opened,
            "first_choice_s": first,
            "memory_mib": memory,
            "members_s": timed(lambda: history.members(upto)),
            "score_s": timed(lambda: history.score(child, upto)),
            "spend_s": timed(lambda: history.spend(upto)),
            "shapes_s": timed(lambda: child in history.shapes(upto)),
            "maker_s": timed(lambda: history.maker(child)),
            "choose_s": timed(lambda: DarwinGodel().choose(Prefix(history, upto), random.Random(0)), 3),
        }


def timed(ask: Callable[[], Any], times: int = 100) -> float:
    """Seconds of one call, the best of `times`."""
    best = float("inf")
    for _ in range(times):
        started = time.perf_counter()
        ask()
        best = min(best, time.perf_counter() - started)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--folder", type=Path, help="where the runs are kept; a temporary folder if not given")
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measured(given.measure)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        found = {size: _one(given.folder or Path(scratch), size) for size in given.sizes}
    least = found[min(found)]
    ratios = {size: {name: each[name] / least[name] for name in each} for size, each in found.items()}
    about = {"machine": platform.machine(), "python": platform.python_version(), "trials": TRIALS}
    RESULTS.write_text(json.dumps({**about, "measured": found, "ratios": ratios}, indent=1) + "\n")
    for size, each in found.items():
        print(
            f"{size:>7}  "
            + "  ".join(f"{name} {value:.3g} (×{ratios[size][name]:.1f})" for name, value in each.items())
        )


def _one(folder: Path, size: int) -> dict[str, float]:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{size}.sqlite"
    if not file.exists():
        write(file, size)
    command = [sys.executable, __file__, "--measure", str(file)]
    found: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


if __name__ == "__main__":
    main()
