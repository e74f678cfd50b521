"""Where a budget ends a run: not before a run's least, and with a word on what it went into."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from command import complaint, godel
from made import generation
from runs import SMALL, tier_or_skip

from godel.cli.progress import Progress
from godel.config import Budget, Run
from godel.errors import BudgetSpent
from godel.lineage import Spend, Status
from godel.lineage.store import Store
from godel.loop.run_folder import FILE
from godel.loop.shortfall import Course, explained
from godel.stopwatch import GENERATIONS, REPORT, SEED, Stopwatch

TINY = ('tasks=["online_bin_packing"]', "sandbox=bubblewrap", *SMALL, "improve.calls=2")


def generations(folder: Path) -> int:
    with Store.open(folder / FILE) as store:
        return len(store.generations()) - 1


@pytest.mark.bubblewrap
@pytest.mark.slow
def test_a_demo_makes_twelve_generations_however_long_the_seed_takes_and_says_so(tmp_path: Path) -> None:
    """Its wall clock is over before the seed is scored."""
    tier_or_skip("bubblewrap")
    done = godel("demo", "mine", *TINY, "budget.wall_s=0.01", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert generations(tmp_path / "mine") == 12
    lines = [line for line in done.stderr.splitlines() if "this takes longer than the 0.01 s of budget.wall_s" in line]
    assert len(lines) == 1, done.stderr
    assert re.search(r": scoring the seed took \d+:\d\d; it goes on until 12 generations are made$", lines[0])
    assert "the budget of 0.01 wall_s is spent; 12 of 40 generations are done: scoring the seed took" in done.stderr
    assert set(json.loads(done.stdout)["seconds"]["by"]) == {SEED, GENERATIONS, REPORT}


@pytest.mark.bubblewrap
@pytest.mark.parametrize("budget", ["wall_s", "evaluations", "cpu_s"])
def test_a_budget_that_the_seed_uses_up_says_so_and_how_to_go_on(budget: str, tmp_path: Path) -> None:
    tier_or_skip("bubblewrap")
    amount = 2 if budget == "evaluations" else 0.01
    done = godel("launch", "run", *TINY, "--generations", "1", f"budget.{budget}={amount}", cwd=tmp_path)
    assert done.returncode == 3 and generations(tmp_path / "run") == 0
    assert f"the budget of {amount} {budget} is spent; 0 of 1 generations are done" in complaint(done)
    assert re.search(r"scoring the seed took [\d.]+;", complaint(done))
    command = complaint(done).rpartition(" -m godel ")[2].split()
    assert command[:2] == ["resume", "run"] and command[2].startswith(f"budget.{budget}=")
    on = godel(*command, f"budget.{budget}=1000", "--no-report", cwd=tmp_path)
    assert on.returncode == 0, on.stderr
    assert generations(tmp_path / "run") == 1


def test_the_wall_clock_alone_gives_way() -> None:
    budget = Budget(wall_s=1, evaluations=5, at_least_generations=3)
    assert (budget.of(3).wall_s, budget.of(3).evaluations) == (None, 5)
    assert budget.of(4) == budget


def told(budget: Budget, name: str, used: float, course: Course) -> tuple[str, str]:
    found = explained(BudgetSpent("spent", name, used), budget, course)
    return str(found).removeprefix("spent; "), found.settings


def test_what_a_budget_went_into() -> None:
    seconds, dollars = Budget(wall_s=100), Budget(dollars=0.1)
    far = told(seconds, "wall_s", 101, Course(30, 40, 30, 8.0))
    assert far == ("30 of 40 generations are done", "")  # as far as that budget goes, and it starts anew
    seed = told(seconds, "wall_s", 160, Course(2, 40, 2, 70.0))
    assert seed == ("2 of 40 generations are done: scoring the seed took 70 of it", "")
    stuck = told(seconds, "wall_s", 101, Course(2, 40, 0, 0.0))
    assert stuck == ("2 of 40 generations are done: there was no room for generation 3", "budget.wall_s=210")
    none = told(seconds, "wall_s", 101, Course(0, 40, 0, 31.5))
    assert none[0].endswith("done: scoring the seed took 32 of it, and there was no room for generation 1")
    unscored = told(dollars, "dollars", 0.12, Course(0, 40, 0, None))
    assert unscored == ("0 of 40 generations are done: it did not suffice to score the seed", "budget.dollars=0.24")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_time_left_goes_by_the_pace_of_the_generations_and_by_what_the_budget_grants() -> None:
    run = Run(generations=40, budget=Budget(wall_s=100, at_least_generations=12))
    clock = Clock()
    progress = Progress(run, Stopwatch(clock))
    assert progress.left_s() == 100
    clock.now = 90  # which the seed took
    progress.recorded(generation(0, None, "seed", None, Status.SEED, spend=Spend()), 0.0)
    assert progress.left_s() == 10
    assert not progress.overtime()
    clock.now = 92
    progress.recorded(generation(1, "seed", None, "seed", Status.FAILED), 0.0)
    assert progress.left_s() == 22  # eleven more at two seconds each, though the clock has eight
    clock.now = 104
    assert progress.overtime() == (
        "this takes longer than the 100 s of budget.wall_s: scoring the seed took 1:30, 1 generation took 0:14; "
        "it goes on until 12 generations are made"
    )
