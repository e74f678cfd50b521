"""`godel tasks check`, on a task that is sound and on the same one made unsound."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from command import ROOT, godel
from runs import tier_or_skip

from godel.contract import Program
from godel.task_check import HOLLOW, garbage

pytestmark = pytest.mark.bubblewrap
Checked = Callable[..., dict[str, bool]]


@pytest.fixture(autouse=True)
def tier() -> None:
    tier_or_skip("bubblewrap")


@pytest.fixture
def checked(tmp_path: Path) -> Checked:
    """What the check finds of maxcut with changes (file, before, after); its exit code is checked."""
    folder = Path(shutil.copytree(ROOT / "tasks" / "maxcut", tmp_path / "cut"))

    def check(*changes: tuple[str, str, str]) -> dict[str, bool]:
        for file, before, after in changes:
            text = (folder / file).read_text()
            assert before in text
            (folder / file).write_text(text.replace(before, after))
        done = godel("tasks", "check", folder, "--sandbox", "bubblewrap", "--json", "--quiet", cwd=tmp_path)
        found = {each["check"]: each["holds"] for each in json.loads(done.stdout)["cut"]}
        assert done.returncode == (0 if all(found.values()) else 1), done.stderr
        return found

    return check


def failing(found: dict[str, bool]) -> set[str]:
    return {name for name, holds in found.items() if not holds}


def test_a_sound_task_passes(checked: Checked) -> None:
    found = checked()
    assert not failing(found)
    assert {f"a program that {name} fails" for name in HOLLOW} < set(found)


def test_a_judge_that_scores_whatever_comes(checked: Checked) -> None:
    found = checked(
        ("judge.py", "def score(", "def score(instance, candidate):\n    return Verdict(1.0)\n\n\ndef honest(")
    )
    assert {f"a program that {name} fails" for name in HOLLOW} < failing(found)


# A check takes seconds, and finds one fault whatever else is wrong: two at a time.


def test_a_reference_that_is_no_better_and_an_instance_that_is_the_same_for_every_seed(checked: Checked) -> None:
    found = checked(
        ("reference/main.py", "def cut(", "def cut(nodes, edges):\n    return [0] * nodes\n\n\ndef unused("),
        ("judge.py", "def instance(seed", redrawn("0")),
    )
    assert failing(found) == {"the reference is clearly better", "different seeds give different instances"}


def test_a_reference_that_fails_and_an_instance_that_depends_on_more_than_its_seed(checked: Checked) -> None:
    found = checked(
        ("reference/main.py", "def cut(", "def cat("),
        ("judge.py", "def instance(seed", "import time\n\n\n" + redrawn("time.time_ns()")),
    )
    assert failing(found) == {"initial and reference run", "the same seed gives the same value"}


def redrawn(seed: str) -> str:
    """An `instance` that draws with `seed` in place of the one it is given."""
    return f"def instance(seed, preset):\n    return drawn({seed}, preset)\n\n\ndef drawn(seed"


def test_garbage_is_built_from_the_initial_program() -> None:
    initial = Program(
        {"main.py": "import math\n\ndef f(x):\n    return math.pi\n\nclass C:\n    pass\n", "a.py": "A = 1\n"}
    )
    made = garbage(initial)
    assert set(made) == {"does not parse", "is empty", *HOLLOW}
    assert (
        made["exits"].files["main.py"]
        == "import math\n\ndef f(x):\n    import os\n    os._exit(0)\n\nclass C:\n    pass"
    )
    assert all(program.files["a.py"] == "A = 1\n" for program in made.values())


def test_a_program_is_run_on_the_seeds_that_were_asked_for(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def cut(nodes, edges):\n    return [node % 2 for node in range(nodes)]\n")
    done = godel(
        "tasks",
        "run",
        "maxcut",
        "--program",
        "mine.py",
        "--seed",
        "3",
        "--seed",
        "4",
        "--json",
        "--sandbox",
        "bubblewrap",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [(row["seed"], row["failure"]) for row in rows] == [(3, None), (4, None)]
    done = godel("tasks", "run", "maxcut", "--program", "reference", "--json", "--sandbox", "bubblewrap", cwd=tmp_path)
    assert json.loads(done.stdout)[0]["score"] == 1.0


def test_a_program_that_fails_scores_the_floor_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def cut(nodes, edges):\n    raise ValueError('no idea')\n")
    done = godel("tasks", "run", "maxcut", "--program", "mine.py", "--sandbox", "bubblewrap", cwd=tmp_path)
    assert done.returncode == 0
    assert "-1.000" in done.stdout and "crash" in done.stdout and "no idea" in done.stdout
