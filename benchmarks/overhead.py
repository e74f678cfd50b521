"""What the isolation costs: per candidate on a warm bench, and per generation.

    python benchmarks/overhead.py

Per candidate, each round measures all of these once, in turn, so that a noisy machine is
noisy for all: a forked candidate on a warm bench (spawn, first word, one call, end) per
tier, with and without torch imported; a bare subprocess of the same Python; and
`docker run` of the same image. Per generation: the wall-clock time from one record to the
next with one worker, less the time inside improve (its utility calls included), the gate's
smoke run and the judging of what was handed in. What is left is everything of ours: taking
sandboxes, the static rungs, selection, acceptance, and recording.
Results: benchmarks/results/overhead.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from recursion import RESULTS, machine
from watched import Watched

import godel
from godel import config
from godel.contract import Program
from godel.lineage import Generation
from godel.sandbox import GUEST_LIBRARY, TIERS, Spec, Tier, TierMissing
from godel.sandbox.channel import Session
from godel.sandbox.choose import choose
from godel.sandbox.guest.jobs import Ceilings, RunProgram

ECHO = RunProgram(
    Program({"main.py": "def answer(x):\n    return x\n"}),
    "def run(program, request):\n    return program.answer(request)\n",
)


def tiers() -> list[Tier]:
    usable = []
    for name in TIERS:
        try:
            usable.append(choose(name))
        except TierMissing as missing:
            print(f"without {name}: {missing}")
    return usable


def candidate(session: Session) -> None:
    """One candidate's life on a warm bench."""
    child = session.spawn(ECHO, Ceilings(cpu_s=5.0, wall_s=10.0))
    child.receive()
    child.send(1)
    assert child.receive() == 1
    child.kill()


def command(*arguments: str) -> Callable[[], None]:
    def run() -> None:
        subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    return run


def contenders(preload: str, sessions: dict[str, Session]) -> dict[str, Callable[[], None]]:
    """By name, what one round times."""
    code = f"import {preload}"
    by_name: dict[str, Callable[[], None]] = {
        f"warm bench, {name}": partial(candidate, session) for name, session in sessions.items()
    }
    by_name["bare subprocess"] = command(sys.executable, "-c", code)
    if "docker" in sessions:
        image = choose("docker").identity()
        argv = ["docker", "run", "--rm", "--network=none", f"--env=PYTHONPATH={GUEST_LIBRARY}", "--entrypoint=python3"]
        by_name["docker run"] = command(*argv, image, "-c", code)
    return by_name


def per_candidate(preload: str, rounds: int, usable: list[Tier]) -> dict[str, list[float]]:
    """Milliseconds by contender, one figure a round."""
    sessions = {tier.name: Session(tier.start(Spec("candidate", (preload,)))) for tier in usable}
    try:
        for session in sessions.values():
            session.wait_ready()
        timed = contenders(preload, sessions)
        figures: dict[str, list[float]] = {name: [] for name in timed}
        for number in range(rounds + 1):
            for name, run in timed.items():
                started = time.perf_counter()
                run()
                if number:  # the first round warms the caches
                    figures[name].append((time.perf_counter() - started) * 1000)
        return figures
    finally:
        for session in sessions.values():
            session.close()


class Clock:
    """Milliseconds of ours between two records, one figure a generation."""

    def __init__(self) -> None:
        self.figures: list[float] = []
        self._last = time.perf_counter()

    def started(self, index: int, parent: str) -> None:
        pass

    def recorded(self, generation: Generation, score: float) -> None:
        now = time.perf_counter()
        if generation.index:
            self.figures.append((now - self._last - generation.spend.wall_s) * 1000)
        self._last = now

    def waiting(self, index: int, problem: str, delay_s: float) -> None:
        raise RuntimeError(problem)


def per_generation(tier: Tier, generations: int) -> list[float]:
    folder = Path(tempfile.mkdtemp(prefix="overhead-"))
    run = config.load(
        None,
        [],
        tasks=["suite:cheap"],
        generations=generations,
        workers=1,
        sandbox=tier.name,
        secret="overhead benchmark",
    )
    try:
        clock = Clock()
        godel.launch(folder, run, watch=Watched(clock), report=False).close()
        return clock.figures
    finally:
        shutil.rmtree(folder)


def summary(figures: list[float]) -> dict[str, Any]:
    low, middle, high = statistics.quantiles(figures, n=4)
    return {"median_ms": round(middle, 2), "quartiles_ms": [round(low, 2), round(high, 2)], "n": len(figures)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--generations", type=int, default=30)
    options = parser.parse_args()
    usable = tiers()
    result: dict[str, Any] = {"machine": machine(), "command": " ".join(sys.argv)}
    for preload, rounds in (("numpy", options.rounds), ("torch", max(5, options.rounds // 4))):
        figures = per_candidate(preload, rounds, usable)
        result[f"per candidate, {preload}"] = {name: summary(each) for name, each in figures.items()}
        for name in figures:
            if name.startswith("warm") and "docker run" in figures:
                ratios = [a / b for a, b in zip(figures["docker run"], figures[name], strict=True)]
                result[f"per candidate, {preload}"][name]["times_faster_than_docker_run"] = round(
                    statistics.median(ratios), 1
                )
    result["per generation"] = {tier.name: summary(per_generation(tier, options.generations)) for tier in usable}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "overhead.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
