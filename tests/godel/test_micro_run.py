"""Programs that are read, in a whole run: no guest is taken for a candidate, and all else is as ever."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from noted import Noted
from runs import Quiet, archive, small_run
from weak_improvers import value

from godel import config
from godel.contract import Program
from godel.contract.limits import READ_CHARACTERS
from godel.errors import UsageError
from godel.lineage.store import Store
from godel.loop.open_run import opened
from godel.loop.replay import Replayer
from godel.loop.run_folder import FILE, load_tasks
from godel.sandbox import Tier
from godel.scoring.bench import Bench, Judge
from godel.tasks import HERE, load

HOSTILE = (
    "import os\nos._exit(0)\n",
    "while True: pass\n",
    f"x = {'(' * 5_000}",
    f"x = {'-' * 5_000}1",
    f"x = {'9' * 5_000} ** 9",
    "x = 9.0 ** 9.0 ** 9.0 ** 9.0",
    f"x = '{'A' * 1_000_000}'",
    "x = '\ud800\0'",
    "\n" * READ_CHARACTERS,
    "def accept(size, age, rate, load): return accept(size, age, rate, load)\n",
)


@pytest.mark.parametrize("recorded", [False, True])
def test_a_hostile_text_is_a_result_and_takes_no_guest(any_tier: Tier, recorded: bool) -> None:
    task = load("micro_rule")
    with Noted(any_tier) as pool, closing(Judge(pool)) as judge, Bench(pool, judge) as bench:
        for text in HOSTILE:
            outcome = bench.evaluate(task, Program({"main.py": text}), 0, recorded=recorded)
            assert (outcome.value, outcome.failure) == (None, "invalid") and outcome.detail
        assert bench.evaluate(task, task.reference, 0, recorded=recorded).value == pytest.approx(0.95, abs=0.05)
    assert set(pool.roles) == {"judge"}


def test_a_run_on_it_is_deterministic_and_replays(bubblewrap: Tier, launch: Callable[..., Path]) -> None:
    run = small_run(bubblewrap, generations=4, tasks=["micro_rule", "micro_weights"])
    folder = launch(run, "one")
    assert archive(folder) == archive(launch(run, "two"))
    with Store.open(folder / FILE) as store:
        evaluations = store.evaluations()
    assert {each.task for each in evaluations} == {"micro_rule", "micro_weights"}
    assert all(each.limits == {} and each.score >= -1 for each in evaluations)
    with opened(folder) as lab:
        for index in range(1, 5):
            assert Replayer(lab, Quiet()).verify(index).differences == ()


def test_a_reserved_task_is_never_searched_on(tmp_path: Path) -> None:
    """By whatever name it comes."""
    folder = Path(shutil.copytree(HERE / "micro_rule", tmp_path / "mine"))
    manifest = folder / "task.toml"
    manifest.write_text(manifest.read_text().replace("stage = 0", "stage = 0\nreserved = true"))
    run = config.load(None, [], tasks=["maxcut", str(folder)])
    with pytest.raises(UsageError, match="mine: reserved for transfer, so no run may search on it"):
        load_tasks(run)


def test_a_weak_improver_takes_a_candidate_and_a_judge_and_no_guest_for_its_problems(any_tier: Tier) -> None:
    task = load("weak_tabu")
    with Noted(any_tier) as pool, closing(Judge(pool)) as judge, Bench(pool, judge) as bench:
        outcome = bench.evaluate(task, task.initial, 5, recorded=True)
    assert outcome.value == value(task.initial.files["main.py"], 5)
    assert sorted(pool.roles) == ["candidate", "judge"]
