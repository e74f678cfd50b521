"""Does a run that is struck from outside find what an undisturbed one finds?

    python benchmarks/faults.py --sandbox bubblewrap

One run is left alone. Another one, of the same seed, is struck again and again while it works: godel
itself killed or paused, guests killed or paused whole, the one process in a guest that runs a scaffold, a
candidate or a judge killed alone, on Docker containers killed by the engine, the machine overloaded by eight
busy processes. Godel is started again (`godel resume`) whenever it has ended. Then the two are
compared, and every event that was in the file before a fault is looked for in it afterwards.

A program that ends twice by a SIGKILL that nobody can account for is taken to have done that itself, so the
same process is not struck twice in a row: between two such faults come those of all other kinds.
Results: benchmarks/results/faults.json. Exits 1 when a record is lost or something differs.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from injector import Injector, NothingThere
from recursion import RESULTS, machine

from godel import config
from godel.lineage.store import Store
from godel.loop.run_folder import FILE, create

WAIT_S = (0.3, 2.5)
"""Between two faults."""


def begun(folder: Path, sandbox: str, generations: int) -> Path:
    run = config.load(
        None,
        ["improve.calls=8", "scoring.search_seeds=3"],
        tasks=["online_bin_packing", "maxcut"],
        secret="faults",
        generations=generations,
        workers=2,
        sandbox=sandbox,
        acceptance="strict",
    )
    create(folder, run)
    return folder


def resume(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "godel", "resume", str(folder), "--no-report", "--quiet"])


def events(folder: Path) -> dict[int, str]:
    """The chain: by number, each event's hash."""
    with Store.open(folder / FILE) as store:
        return {event.seq: event.hash for event in store.events()}


def struck(folder: Path, injector: Injector, faults: int) -> tuple[Counter[str], dict[int, str], list[int]]:
    """Strike the run until it is over: faults by kind, the events seen before them, and how godel ended
    whenever it was not killed by us."""
    done: Counter[str] = Counter()
    seen: dict[int, str] = {}
    ends: list[int] = []
    injector.godel = resume(folder)
    while injector.godel.poll() != 0:
        if (code := injector.godel.poll()) is not None:
            ends.append(code)
            injector.godel = resume(folder)
        time.sleep(injector.rng.uniform(*WAIT_S))
        if done.total() < faults and injector.godel.poll() is None:
            seen |= events(folder)
            try:
                done[injector.strike()] += 1
            except NothingThere:
                continue
    return done, seen, ends


def found(folder: Path) -> dict[str, Any]:
    """All that a run found, without what it cost: by generation, and by scaffold and trial."""
    with Store.open(folder / FILE) as store:
        store.verify()
        rows: dict[str, Any] = {f"generation {g.index}": vars(g) | {"spend": None} for g in store.generations()}
        rows |= {f"transcript {g.index}": store.transcript(g.index) for g in store.generations()}
        for each in store.evaluations():
            key = f"{each.tree[:12]} {each.task} {each.split} {each.seed}"
            rows[key if key not in rows else f"{key} twice"] = vars(each) | {"spend": None}
        return rows


def compared(sandbox: str, generations: int, faults: int, seed: int, place: Path) -> dict[str, Any]:
    calm, struck_ = begun(place / "calm", sandbox, generations), begun(place / "struck", sandbox, generations)
    started = time.monotonic()
    if resume(calm).wait():
        sys.exit("faults: the undisturbed run failed")
    between = time.monotonic()
    done, seen, ends = struck(struck_, Injector(sandbox, random.Random(seed)), faults)
    left, calm_rows, struck_rows = events(struck_), found(calm), found(struck_)
    differing = [key for key in calm_rows.keys() | struck_rows.keys() if calm_rows.get(key) != struck_rows.get(key)]
    return {
        "sandbox": sandbox,
        "generations": generations,
        "faults": dict(sorted(done.items())),
        "godel ended by itself with": ends,
        "records": len(calm_rows),
        "events seen before a fault": len(seen),
        "lost": [number for number, link in seen.items() if left.get(number) != link],
        "differences": sorted(differing),
        "seconds undisturbed": round(between - started, 1),
        "seconds struck": round(time.monotonic() - between, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Strike a run from outside, and compare.")
    parser.add_argument("--sandbox", default="bubblewrap", choices=("bubblewrap", "docker"))
    parser.add_argument("--faults", type=int, default=40)
    parser.add_argument("--generations", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1, help="of the faults")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faults-") as place:
        result = compared(given.sandbox, given.generations, given.faults, given.seed, Path(place))
    injected = sum(result["faults"].values())
    print(json.dumps(result, indent=1))
    print(f"{injected} faults injected, {len(result['lost'])} records lost, {len(result['differences'])} differences")
    file = RESULTS / "faults.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps(known | {given.sandbox: result | {"machine": machine()}}, indent=1) + "\n")
    if injected < given.faults:
        sys.exit(f"faults: the run was over after {injected} faults: give it more --generations")
    sys.exit(1 if result["lost"] or result["differences"] else 0)


if __name__ == "__main__":
    main()
