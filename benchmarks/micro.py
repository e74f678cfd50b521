"""What one evaluation of a micro problem costs in the engine, inside an improve call.

    python benchmarks/micro.py

A scaffold that does nothing but call its utility, on ever another text, improves each task of the suite `micro`:
guest, channel, host, judge and back, scored on the laboratory's scale. Each round does that on every task in turn.
A figure is the wall clock (or the CPU of all guests) of an improve with so many calls, less that of one without any, by
the call. Results: benchmarks/results/micro.json.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from overhead import summary
from recursion import RESULTS, machine

from godel import config
from godel.contract import Program
from godel.gateway import NoModel
from godel.sandbox.choose import choose
from godel.scoring.bench import Judge
from godel.scoring.improvement import Improve
from godel.scoring.pool import Pool
from godel.scoring.references import MemoryShelf, References
from godel.scoring.task_utility import TaskUtility
from godel.scoring.workspace import Means, Workspace
from godel.tasks import Task, load
from godel.tasks.suites import suites

CALLER = Program(
    {
        "main.py": """
def improve(program, utility, model, rng):
    text = program.files[program.entry]
    for number in range(utility.remaining):
        utility(program.with_file(program.entry, f"{text}# {number}\\n"))
    return program
"""
    }
)
Figures = Mapping[str, list[float]]


def measured(tier_name: str, rounds: int, calls: int) -> dict[str, Figures]:
    """By task, milliseconds a call: wall clock and CPU, one figure a round."""
    tasks = [load(name) for name in suites()["micro"]]
    found: dict[str, dict[str, list[float]]] = {task.name: {"wall": [], "cpu": []} for task in tasks}
    with closing(choose(tier_name)) as tier:
        tier.prepare(print)
        with Pool(tier) as pool, closing(Judge(pool)) as judge, closing(References(pool, MemoryShelf())) as references:
            for number in range(rounds + 1):
                for task in tasks:
                    means = Means(pool, judge, references, NoModel(), config.Improve(), config.ModelBudget())
                    wall, cpu = one(task, means, number, calls)
                    if number:  # the first round measures the references, and warms the caches
                        found[task.name]["wall"].append(wall)
                        found[task.name]["cpu"].append(cpu)
    return dict(found)


def one(task: Task, means: Means, number: int, calls: int) -> tuple[float, float]:
    """Milliseconds a call, by the wall clock and of CPU in all guests."""
    bare_wall, bare_cpu = improved(task, means, 0, 0)
    wall, cpu = improved(task, means, number, calls)
    return (wall - bare_wall) * 1000 / calls, (cpu - bare_cpu) * 1000 / calls


def improved(task: Task, means: Means, number: int, calls: int) -> tuple[float, float]:
    """Seconds of one improve with so many calls. What 0 and 1 mean on its instance is measured before."""
    limits = means.limits.model_copy(update={"calls": calls})
    with Workspace(replace(means, limits=limits), "micro") as workspace:
        workspace.references.of(task, number)
        workspace.references.bill()
        utility = TaskUtility(task, number, workspace)
        started = time.perf_counter()
        made = workspace.improve(Improve(CALLER, task.initial, utility, NoModel(), 0, limits))
        wall = time.perf_counter() - started
    assert made.failure is None, (made.failure, made.detail)
    return wall, made.spend.cpu_s + utility.spend.cpu_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sandbox", default="bubblewrap", help="docker or bubblewrap")
    parser.add_argument("--rounds", type=int, default=10, help="improves of each task")
    parser.add_argument("--calls", type=int, default=200, help="of the utility, in each")
    parser.add_argument("--results", type=Path, default=RESULTS / "micro.json", help="where the figures are written")
    chosen = parser.parse_args()
    found = measured(chosen.sandbox, chosen.rounds, chosen.calls)
    figures = {name: {kind: summary(each) for kind, each in kinds.items()} for name, kinds in found.items()}
    every = {kind: summary([each for kinds in found.values() for each in kinds[kind]]) for kind in ("wall", "cpu")}
    result = {"machine": machine(), "sandbox": chosen.sandbox, "calls": chosen.calls, "every": every, "tasks": figures}
    chosen.results.write_text(json.dumps(result, indent=2) + "\n")
    for name, kinds in {**figures, "all of them": every}.items():
        print(f"{name:18} {kinds['wall']['median_ms']:.2f} ms an evaluation, {kinds['cpu']['median_ms']:.2f} ms of CPU")


if __name__ == "__main__":
    main()
