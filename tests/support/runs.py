"""Small, real runs: a real tier, the real mutation scaffold, one cheap task."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from godel import config
from godel.gateway import NoModel
from godel.ledger import Charge, free
from godel.lineage import Generation
from godel.lineage.store import Store
from godel.loop.open_run import opened
from godel.loop.run_folder import FILE
from godel.sandbox import Spec, Tier, TierMissing
from godel.sandbox.choose import choose
from godel.scoring.bench import Judge
from godel.scoring.pool import Pool
from godel.scoring.references import MemoryShelf, References
from godel.scoring.workspace import Means, Workspace

SMALL = ["improve.calls=6", "scoring.search_seeds=2", "scoring.held_out_seeds=2"]
"""Overrides that make a generation take about a second."""


class NoWorkspace:
    """For rungs that run nothing."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"a static rung asks for {name}")


def workspace(pool: Pool, judge: Judge | None = None, charge: Charge = free) -> Workspace:
    """One without a model, on a pool that may have a judge already."""
    references = References(pool, MemoryShelf())
    limits, generation = config.Improve(), config.ModelBudget()
    return Workspace(Means(pool, judge or Judge(pool), references, NoModel(), limits, generation), "test", charge)


def building() -> FileLock:
    """Held by who may build an image: of two that are built at once, the first loses its tag to the second, and the
    engine then removes it along with whatever was made from it."""
    return FileLock(Path(tempfile.gettempdir(), "godel-tests-prepare.lock"))


@functools.cache
def nurseries_kept() -> Tier:
    """A user of this process's nurseries who never leaves: what guests import is imported once, not for each test."""
    kept = choose("bubblewrap")
    kept.start(Spec("candidate", preload=("numpy",))).kill()
    return kept


def tier_or_skip(name: str) -> Tier:
    """The tier called `name`, ready to start guests: workers that find no image build one between them."""
    try:
        tier = choose(name)
        if name == "bubblewrap":
            nurseries_kept()
        with building():
            tier.prepare(print)
        return tier
    except TierMissing as missing:
        if name in os.environ.get("GODEL_REQUIRE_TIERS", ""):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def small_run(tier: Tier, *overrides: str, **options: Any) -> config.Run:
    given = {"tasks": ["online_bin_packing"], "secret": "tests", "sandbox": tier.name, "workers": 2, **options}
    return config.load(None, [*SMALL, *overrides], **given)


class Quiet:
    """Watches a run and remembers what it saw."""

    def __init__(self) -> None:
        self.indices: list[int] = []
        self.waits: list[str] = []

    def started(self, index: int, parent: str) -> None:
        pass

    def recorded(self, generation: Generation, score: float) -> None:
        self.indices.append(generation.index)

    def waiting(self, index: int, problem: str, delay_s: float) -> None:
        self.waits.append(problem)


def proceed(folder: Path, observer: Quiet | None = None, **changes: Any) -> None:
    with opened(folder, changes) as lab:
        lab.loop(observer or Quiet()).run()


def kill_after(process: subprocess.Popen[bytes], folder: Path, generations: int, moment_s: float) -> bool:
    """SIGKILL `moment_s` after so many generations are recorded, in the middle of a later one; whether it still ran."""
    try:
        while process.poll() is None and recorded(folder) < generations:
            time.sleep(0.02)
        time.sleep(moment_s)
        return process.poll() is None
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def recorded(folder: Path) -> int:
    with Store.open(folder / FILE) as store:
        return len(store.generations())


def archive(folder: Path) -> list[dict[str, Any]]:
    """All that a run found, without what it cost: seconds differ from run to run. So does the order in
    which workers bring the seed's trials."""
    with Store.open(folder / FILE) as store:
        found: list[dict[str, Any]] = [{**vars(g), "spend": g.spend.evaluations} for g in store.generations()]
        evaluations = sorted(store.evaluations(), key=lambda e: (e.tree, e.task, e.split, e.seed))
        return found + [{**vars(e), "spend": e.spend.evaluations} for e in evaluations]
