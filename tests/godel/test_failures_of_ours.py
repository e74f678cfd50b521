"""What goes wrong on our side is raised: no scaffold gets a score for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from runs import proceed, small_run, workspace

from godel.contract import Program, Score
from godel.gateway import NoModel
from godel.lineage.store import Store
from godel.loop.run_folder import FILE, create
from godel.sandbox import Tier
from godel.scoring.improvement import SCAFFOLD, Improve, improve
from godel.scoring.pool import Pool
from godel.tasks import HERE, TaskError

ASKS = "def improve(program, utility, model, rng):\n    utility(program)\n    return program\n"


class Broken:
    """A utility of the host with an error of ours in it."""

    description, budget = "broken", 1

    def __call__(self, program: Program) -> Score:
        raise ValueError("an error of ours")


def test_an_error_in_a_utility_is_not_the_scaffolds(bubblewrap: Tier) -> None:
    with Pool(bubblewrap, spares=0) as pool, pytest.raises(ValueError, match="an error of ours"):
        limits, program = small_run(bubblewrap).improve, Program({"main.py": ASKS})
        improve(lambda: pool.take(SCAFFOLD), Improve(program, program, Broken(), NoModel(), 0, limits))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"reference/main.py": "initial/main.py"}, "the reference .* is no better than the start"),
        ({"initial/main.py": "raise SystemExit(3)"}, "its initial program fails"),
    ],
)
def test_an_unsound_task_ends_a_run_before_its_seed_is_scored(
    bubblewrap: Tier, tmp_path: Path, changes: dict[str, str], says: str
) -> None:
    task = tmp_path / "unsound"
    shutil.copytree(HERE / "maxcut", task)
    for path, text in changes.items():
        (task / path).write_text((task / text).read_text() if (task / text).is_file() else text)
    create(tmp_path / "run", small_run(bubblewrap, tasks=[str(task)], generations=1))
    with pytest.raises(TaskError, match=says):
        proceed(tmp_path / "run")
    with Store.open(tmp_path / "run" / FILE) as store:
        assert store.generations() == []


def refusal(tier: Tier, **files: str) -> str:
    from godel.gate import Proposal
    from godel.gate.imports import Imports

    child = Program({path.replace("_", "."): text for path, text in files.items()}, "main.py")
    with Pool(tier, spares=0) as pool:
        return Imports().refuse(Proposal(child, child, ("*",), set(), workspace(pool)))


def test_a_child_that_cannot_be_imported_is_refused_by_that_rung(any_tier: Tier) -> None:
    assert refusal(any_tier, main_py=ASKS, helper_py="X = 1\n") == ""
    assert refusal(any_tier, main_py="import helper\n" + ASKS) == (
        "crash: ModuleNotFoundError: No module named 'helper' (main.py:1)"
    )
    assert refusal(any_tier, main_py="while True: pass\n" + ASKS).startswith("cpu")
    assert refusal(any_tier, main_py="raise SystemExit(0)\n" + ASKS).startswith("exit")
