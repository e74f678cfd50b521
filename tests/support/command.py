"""The command line as a user has it: a real process, in a folder of its own. And a small run
for it to look at, made without running anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from made import generation

from godel.config import Run
from godel.contract import Edit, Program
from godel.lineage import Evaluation, Spend, Split, Status, Transcript
from godel.lineage.records.events import SeedChosen
from godel.lineage.store import Store
from godel.loop.run_folder import FILE

ROOT = Path(__file__).resolve().parents[2]
TASKS = ("maxcut", "online_bin_packing")
SEEDS = 4


def godel(*arguments: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `godel ARGUMENTS` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "godel", *map(str, arguments)],
        cwd=cwd,
        env=variables(cwd, **environment),
        capture_output=True,
        text=True,
        timeout=300,
    )


def start(*arguments: str | Path, cwd: Path) -> subprocess.Popen[str]:
    """The same, left running. Whoever starts it ends it."""
    return subprocess.Popen(
        [sys.executable, "-m", "godel", *map(str, arguments)],
        cwd=cwd,
        env=variables(cwd),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def variables(home: Path, **more: str) -> dict[str, str]:
    """A clean environment with a home (and so an installation's secret) of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "DOCKER_HOST") if name in os.environ}
    return {**kept, "HOME": str(home), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", **more}


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The last line of stderr, which has to be one, and no traceback."""
    assert "Traceback" not in done.stderr, done.stderr
    return done.stderr.strip().splitlines()[-1]


def recorded_run(folder: Path) -> Path:
    """A seed, an accepted child, a rejected one, a refused one; the first two held out too."""
    run = Run(tasks=TASKS, generations=3, secret="tests", sandbox="bubblewrap")
    about = {
        "godel": "0",
        "run": run.model_dump(mode="json"),
        "scaffold": {"name": "mutation", "editable": ["main.py"]},
        "tasks": dict.fromkeys(TASKS, "v"),
    }
    texts = ["SIGMA = 1\n", "SIGMA = 2\n", "SIGMA = 0\n", "SIGMA = \n"]
    trees = [Program({"main.py": text}, "main.py") for text in texts]
    seed, better, worse, broken = (tree.digest for tree in trees)
    edit = Edit("constant", "main.py:SIGMA", "1", "2")
    spend = Spend(evaluations=8, cpu_s=2.0, wall_s=3.0)
    with Store.create(folder / FILE, about) as store:
        store.event(SeedChosen(store.put_program(trees[0])))
        store.record(
            generation(0, None, seed, None, Status.SEED, spend=spend), trees[0], scores(seed, 0.1), Transcript()
        )
        store.record(
            generation(
                1,
                seed,
                better,
                seed,
                Status.ACCEPTED,
                edits=(edit,),
                gain=0.2,
                gain_low=0.18,
                gain_high=0.22,
                spend=spend,
            ),
            trees[1],
            scores(better, 0.3),
            Transcript(),
        )
        store.record(
            generation(
                2,
                better,
                worse,
                better,
                Status.REJECTED,
                "no better",
                edits=(edit,),
                gain=-0.1,
                gain_low=-0.2,
                gain_high=0.0,
            ),
            trees[2],
            scores(worse, 0.2),
            Transcript(),
        )
        store.record(
            generation(3, better, broken, better, Status.REFUSED, "does not parse", "parses", (edit,)),
            trees[3],
            [],
            Transcript(),
        )
        for key, quality in ((seed, 0.1), (better, 0.3)):
            store.add_evaluations(scores(key, quality, Split.HELD_OUT), why="report")
    return folder


def scores(tree: str, quality: float, split: Split = Split.SEARCH) -> list[Evaluation]:
    """Instances differ by much, scaffolds by little: what pairing is for."""
    return [
        Evaluation(tree, task, "v", split, seed, quality + 0.3 * seed + 0.01 * (seed % 2) * quality, 1.0, None, "p")
        for task in TASKS
        for seed in range(SEEDS)
    ]
