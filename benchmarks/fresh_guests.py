"""What a fresh guest costs when a nursery forks it, and when it starts an interpreter of its own.

    python benchmarks/fresh_guests.py

- **From asking to the first answer** of a child in it, and the CPU seconds of both: each round measures both ways in
  turn, so that a noisy machine is noisy for both. What it really adds in memory (proportional set size).
- **A whole iteration** around an instant model on a trivial task (the run of `model_overhead.py`), from one record to
  the next with one worker; beside it, in turn, what an interpreter takes to start with numpy and libcst.
- **Of each generation**, by what they are for: guests started, and their CPU seconds, all of it in the ledger.

On bubblewrap. Results: benchmarks/results/fresh_guests.json.
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
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from model_overhead import SCRIPT, one_call
from overhead import ECHO, summary
from recursion import RESULTS, machine

from godel.gateway.scripted import Served
from godel.lineage import Generation
from godel.loop.open_run import OpenRun, opened
from godel.loop.run_folder import create
from godel.sandbox import Spec, Tier
from godel.sandbox.bubblewrap import BubblewrapGuest, BubblewrapTier
from godel.sandbox.channel import Session
from godel.sandbox.guest.jobs import Ceilings
from godel.scoring.pool import Pool

KINDS = {"numpy and libcst": ("numpy", "libcst"), "torch": ("torch",)}
WAYS = {"forked": True, "started": False}
INTERPRETER = "import numpy, libcst"


def guest(tier: Tier, spec: Spec) -> tuple[Session, float]:
    """One that has answered, and the milliseconds that this took."""
    started = time.perf_counter()
    session = Session(tier.start(spec))
    session.wait_ready()
    child = session.spawn(ECHO, Ceilings(cpu_s=5.0, wall_s=60.0))
    child.receive()
    child.send(1)
    assert child.receive() == 1
    took = (time.perf_counter() - started) * 1000
    child.kill()
    return session, took


def proportional_set(session: Session) -> float:
    """MiB of a guest's first process: what it shares is counted as a share."""
    assert isinstance(session.guest, BubblewrapGuest)
    pid = session.guest._process.pids()[-1]
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("Pss:"))) / 1024


def first_answers(rounds: int) -> dict[str, Any]:
    by_kind: dict[str, Any] = {}
    for kind, preload in KINDS.items():
        figures: dict[str, dict[str, list[float]]] = {way: {"ms": [], "cpu_ms": [], "mib": []} for way in WAYS}
        with closing(BubblewrapTier()) as forking, closing(BubblewrapTier(nursery=False)) as starting:
            for number in range(rounds + 1):
                for way, forks in WAYS.items():
                    session, took = guest(forking if forks else starting, Spec("candidate", preload))
                    if number:  # the first of a nursery pays for its imports
                        figures[way]["ms"].append(took)
                        figures[way]["cpu_ms"].append(session.cpu_s * 1000)
                        figures[way]["mib"].append(proportional_set(session))
                    session.close()
        by_kind[kind] = {way: {what: quartiles(each) for what, each in figures[way].items()} for way in WAYS}
        pairs = zip(figures["started"]["ms"], figures["forked"]["ms"], strict=True)
        by_kind[kind]["times faster"] = quartiles([slow / fast for slow, fast in pairs])
    return by_kind


def quartiles(figures: list[float]) -> dict[str, Any]:
    low, middle, high = statistics.quantiles(figures, n=4)
    return {"median": round(middle, 2), "quartiles": [round(low, 2), round(high, 2)], "n": len(figures)}


class Counting(Pool):
    """Notes what the guests that it gave were for, and what they have used."""

    def __init__(self, tier: Tier) -> None:
        super().__init__(tier)
        self.guests: Counter[str] = Counter()
        self.cpu_s: Counter[str] = Counter()

    def give_up(self, session: Session) -> None:
        role = session.guest.name.split("-")[1]
        self.guests[role] += 1
        self.cpu_s[role] += session.cpu_s  # type: ignore[assignment]
        super().give_up(session)


class Iterations:
    """Milliseconds from one record to the next."""

    def __init__(self, between: Callable[[], None]) -> None:
        self.figures: list[float] = []
        self.spent: list[float] = []
        self._between = between
        self._last = time.perf_counter()

    def started(self, index: int, parent: str) -> None:
        pass

    def recorded(self, generation: Generation, score: float) -> None:
        if generation.index:
            self.figures.append((time.perf_counter() - self._last) * 1000)
            self.spent.append(generation.spend.cpu_s)
        self._between()
        self._last = time.perf_counter()

    def waiting(self, index: int, problem: str, delay_s: float) -> None:
        raise RuntimeError(problem)


def iterations(folder: Path, generations: int) -> dict[str, Any]:
    interpreter: list[float] = []

    def start_interpreter() -> None:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", INTERPRETER], check=True)
        interpreter.append((time.perf_counter() - started) * 1000)

    with Served(SCRIPT) as served:
        run = one_call(folder, served.address, generations, "bubblewrap")
        create(folder / "run", run)
        clock = Iterations(start_interpreter)
        with opened(folder / "run") as lab, Counting(lab.pool.tier) as pool:
            counted(lab, pool).loop(clock).run()
    ratios = [each / base for each, base in zip(clock.figures, interpreter[1:], strict=False)]
    return {
        "whole iteration": summary(clock.figures),
        "an interpreter with numpy and libcst": summary(interpreter),
        "iteration / interpreter": quartiles(ratios),
        "guests a generation": {role: round(n / generations, 2) for role, n in sorted(pool.guests.items())},
        "CPU ms a generation": {role: round(s * 1000 / generations, 1) for role, s in sorted(pool.cpu_s.items())},
        "CPU ms a generation, in the ledger": round(statistics.mean(clock.spent) * 1000, 1),
    }


def counted(lab: OpenRun, pool: Pool) -> OpenRun:
    """The same run, with another pool."""
    return replace(lab, services=replace(lab.services, pool=pool))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--generations", type=int, default=40)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fresh-guests-"))
    try:
        result = {
            "machine": machine(),
            "command": " ".join(sys.argv),
            "from asking to the first answer": first_answers(options.rounds),
            **iterations(folder, options.generations),
        }
    finally:
        shutil.rmtree(folder)
    (RESULTS / "fresh_guests.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
