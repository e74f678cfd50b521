"""What a run costs as it grows: to open it, to order the next generation, to ask the ledger.

    python benchmarks/growth.py

Runs of 10, 1,000, 10,000 and 100,000 generations are written (nothing is executed), and opened as `godel resume`
opens them: each in a process of its own, once as a file that nobody knows (a copy, or after a kill), and once as it is
after a regular end. Every cost is given as a ratio to that of the smallest run too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from godel import config, scaffold
from godel.contract import Edit, Program
from godel.lineage import Evaluation, Evidence, Generation, Outcome, Ruling, Spend, Transcript, Trial, Verdict
from godel.lineage.analysis.prefix import Prefix
from godel.lineage.analysis.statistics import differences, interval
from godel.lineage.store import Store
from godel.loop import open_run, run_folder
from godel.loop.records import Records
from godel.loop.schedule import Schedule
from godel.loop.worker import Setup
from godel.policies.selection import chosen
from godel.policies.selection.dgm import DarwinGodel
from godel.scoring.evaluator import seeds_of
from godel.scoring.trials import stages
from godel.seeds import derive
from godel.tasks import Task

SIZES = (10, 1_000, 10_000, 100_000)
RESULTS = Path(__file__).parent / "results" / "growth.json"
SETTINGS = {
    "tasks": ["maxcut"],
    "scaffold": "mutation",
    "selection": "dgm",
    "acceptance": "strict",
    "workers": 2,
    "seed": 1,
    "secret": "growth",
    "sandbox": "bubblewrap",
    "scoring": {"search_seeds": 2},
}
"""Two trials of each child."""


class Writer:
    """Writes a run whose records follow from one another. One child in four is kept."""

    def __init__(self, store: Store, run: config.Run, task: Task) -> None:
        self.store, self.run, self.task, self.rng = store, run, task, random.Random(1)
        self.trials: list[Trial] = [trial for stage in stages({task.name: task}, run.scoring) for trial in stage]
        self.kept: list[tuple[str, dict[Trial, float]]] = []

    def seed(self) -> None:
        for trial in self.trials:
            self.store.put_baseline(self.task.version, seeds_of(self.run.secret, trial).fresh, 0.0, 1.0)
        tree, scores = self.store.seed, dict.fromkeys(self.trials, 0.5)
        made = Generation(0, (), tree, None, Outcome.SEED, shape=tree)
        self.store.record(made, None, self._evaluations(tree, scores), Transcript())
        self.kept.append((tree, scores))

    def child(self, index: int) -> None:
        better = index % 4 == 0
        parent, before = self.rng.choice(self.kept[: -self.run.workers] or self.kept[:1])
        program = Program({"main.py": f"X = {index}\n"})
        sign = 1 if better else -1
        scores = {trial: before[trial] + sign * abs(self.rng.gauss(0, 0.001)) for trial in self.trials}
        evidence = Evidence(*interval(differences(scores, before)))
        verdict = Verdict.ACCEPTED if better else Verdict.REJECTED
        ruling = Ruling(index, verdict, "acceptance:strict", "", evidence, index)
        made = self._generation(index, parent, program.digest, ruling)
        self.store.record(made, program, self._evaluations(program.digest, scores), Transcript())
        if better:
            self.kept.append((program.digest, scores))

    def _generation(self, index: int, parent: str, child: str, ruling: Ruling) -> Generation:
        return Generation(
            index,
            (parent,),
            child,
            parent,
            Outcome.SCORED,
            edits=(Edit("number", "main.py:X", str(index - 1), str(index)),),
            seed=derive(self.run.secret, self.run.seed, "propose", index),
            spend=Spend(evaluations=len(self.trials), cpu_s=1.5, wall_s=1.0),
            shape=child[::-1],
            rulings=(ruling,),
        )

    def _evaluations(self, tree: str, scores: dict[Trial, float]) -> list[Evaluation]:
        name, version = self.task.name, self.task.version
        return [
            Evaluation(tree, name, version, trial.split, trial.seed, score, score, None, "p", Spend(1))
            for trial, score in scores.items()
        ]


def write(folder: Path, generations: int) -> None:
    """A run of so many generations, the seed's included."""
    run = config.validate({**SETTINGS, "generations": generations}, "the benchmark")
    tasks = run_folder.load_tasks(run)
    run_folder.write(folder, run_folder.Plan(run, scaffold.load(run.scaffold), tasks))
    with Store.open(folder / run_folder.FILE, writable=True) as store:
        writer = Writer(store, run, tasks["maxcut"])
        writer.seed()
        for index in range(1, generations):
            writer.child(index)


def measured(folder: Path) -> dict[str, float]:
    """In this process: seconds to open the run, until its first new generation is ordered, peak memory by then; and of
    each question once it was asked."""
    started, cpu = time.perf_counter(), time.process_time()
    with Store.open(folder / run_folder.FILE, writable=True) as store:
        run = open_run.settings(folder, store, {}, follow=False, offline=False)
        seed = open_run.stored_scaffold(store)
        setup = Setup(run, seed.editable, open_run.stored_tasks(folder, store))
        open_run.check_consistency(folder, store)
        opened = time.perf_counter() - started
        records = Records(store)
        schedule, following = Schedule(setup, seed.program, records), records.done + 1
        schedule.order(following)
        figures = {
            "open_s": opened,
            "first_order_s": time.perf_counter() - started,
            "first_order_cpu_s": time.process_time() - cpu,
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
        }
        return figures | asked(records, schedule, following)


def asked(records: Records, schedule: Schedule, following: int) -> dict[str, float]:
    lineage, policy, upto = records.lineage, DarwinGodel(), following - 1
    child = lineage.members(upto)[-1].tree
    return {
        "order_s": timed(lambda: schedule.order(following)),
        "choose_s": timed(lambda: chosen(policy, Prefix(lineage, upto), random.Random(0))),
        "best_s": timed(lambda: lineage.members(upto).best),
        "score_s": timed(lambda: lineage.score(child, upto)),
        "allowance_s": timed(lambda: schedule.allowance(following)),
        "shapes_s": timed(lambda: child in lineage.shapes(upto)),
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
        by_size = {size: _one(given.folder or Path(scratch), size) for size in given.sizes}
    least = by_size[min(by_size)]
    ratios = {size: {name: each[name] / least[name] for name in each} for size, each in by_size.items()}
    about = {"machine": platform.machine(), "python": platform.python_version(), "load": os.getloadavg()}
    RESULTS.write_text(json.dumps({**about, "measured": by_size, "ratios": ratios}, indent=1) + "\n")
    for size, each in by_size.items():
        costs = (f"{name} {value:.3g} (×{ratios[size][name]:.1f})" for name, value in each.items())
        print(f"{size:>7}  " + "  ".join(costs))


def _one(folder: Path, size: int) -> dict[str, float]:
    run = folder / str(size)
    if not run.exists():
        write(run, size)
    state = folder / f"{size}-state"
    shutil.rmtree(state, ignore_errors=True)
    unknown, known = (_process(run, state) for _ in range(2))
    return known | {f"unknown_{name}": unknown[name] for name in ("first_order_s", "first_order_cpu_s", "memory_mb")}


def _process(run: Path, state: Path) -> dict[str, float]:
    """Measured in a process of its own, for a user with that state folder."""
    command = [sys.executable, __file__, "--measure", str(run)]
    environment = {**os.environ, "XDG_STATE_HOME": str(state)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


if __name__ == "__main__":
    main()
