"""`godel best`: the program comes out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import complaint, godel
from runs import SMALL, tier_or_skip

from godel.lineage import Evaluation, Split
from godel.lineage.analysis.products import best_products
from godel.lineage.store import Store
from godel.loop.run_folder import FILE

TASK = "online_bin_packing"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tier_or_skip("bubblewrap")
    home = tmp_path_factory.mktemp("home")
    done = godel("launch", "run", "--task", TASK, "--sandbox", "bubblewrap", *SMALL, "improve.calls=8", cwd=home)
    assert done.returncode == 0, done.stderr
    return home


@pytest.mark.bubblewrap
def test_the_best_program_comes_out_with_what_changed(home: Path) -> None:
    [found] = json.loads(godel("best", "run", "--json", cwd=home).stdout)
    with Store.open(home / "run" / FILE) as store:
        scored = [each for each in store.evaluations(task=TASK) if not each.failure and not each.flags]
        assert found["score"] == max(each.score for each in scored) > 0
        assert dict(store.program(found["program"]).files) == found["files"]
    assert found["diff"].startswith("--- a/main.py\n+++ b/main.py\n")


@pytest.mark.bubblewrap
def test_what_was_checked_out_is_scored_as_any_program(home: Path) -> None:
    done = godel("best", "run", "--task", TASK, "--checkout", "mine", cwd=home)
    assert done.returncode == 0 and "+++ b/main.py" in done.stdout
    [found] = json.loads(godel("best", "run", "--json", cwd=home).stdout)
    assert {path.name: path.read_text() for path in (home / "mine").iterdir()} == found["files"]
    advised = next(line for line in done.stdout.splitlines() if " tasks run " in line)
    assert advised.endswith(f"tasks run {TASK} --program mine --seed 0 --seed 1 --seed 2")
    rows = json.loads(
        godel("tasks", "run", TASK, "--program", "mine", "--sandbox", "bubblewrap", "--json", cwd=home).stdout
    )
    assert [(row["seed"], row["failure"]) for row in rows] == [(0, None)]


@pytest.mark.bubblewrap
def test_a_task_that_the_run_has_not_is_one_line(home: Path) -> None:
    done = godel("best", "run", "--task", "online_bin_packin", cwd=home)
    assert done.returncode == 2 and TASK in complaint(done)


def evaluation(score: float, seed: int, failure: str | None = None, flags: tuple[str, ...] = ()) -> Evaluation:
    return Evaluation("t", "maxcut", "v", Split.SEARCH, seed, score, 1.0, failure, "p", flags=flags)


def test_what_failed_or_was_flagged_is_not_the_best_and_of_equals_the_first_is() -> None:
    given = [
        evaluation(0.2, 0),
        evaluation(0.5, 1),
        evaluation(0.5, 2),
        evaluation(0.9, 3, failure="cpu"),
        evaluation(0.8, 4, flags=("odd",)),
    ]
    assert best_products(given) == {"maxcut": given[1]}
    assert best_products(given[3:]) == {}
