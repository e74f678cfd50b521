"""A failure's last line with file and line reaches whoever looks: from real guests, in every table and record."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from command import ROOT, complaint, godel
from runs import small_run, workspace

from godel.contract import Program
from godel.gate import Proposal
from godel.gate.imports import Imports
from godel.gateway import NoModel
from godel.sandbox import Tier
from godel.scoring.improvement import SCAFFOLD, Blind, Improve, improve
from godel.scoring.pool import Pool

CRASH = "AttributeError: 'NoneType' object has no attribute 'crash'"
TIER = ("--sandbox", "bubblewrap", "-q")
pytestmark = pytest.mark.bubblewrap


@pytest.fixture
def task(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "tasks" / "maxcut", tmp_path / "cut"))


def break_(file: Path, function: str, statement: str = "None.crash") -> str:
    """Put `statement` first into `function`; the place as it is to be told."""
    lines = file.read_text().splitlines()
    number = next(at for at, line in enumerate(lines) if line.startswith(f"def {function}(")) + 1
    lines.insert(number, f"    {statement}")
    file.write_text("\n".join(lines))
    return f"({file.name}:{number + 1} in {function})"


@pytest.mark.parametrize(("file", "function"), [("driver.py", "solve"), ("initial/main.py", "neighbours")])
def test_a_crash_of_a_tasks_own_code(task: Path, tmp_path: Path, file: str, function: str) -> None:
    place = break_(task / file, function)
    assert f"crash    {CRASH} {place}" in godel("tasks", "run", task, *TIER, cwd=tmp_path).stdout
    checked = godel("tasks", "check", task, *TIER, cwd=tmp_path)
    assert checked.returncode == 1
    assert f"initial, seed 0: crash: {CRASH} {place} (and " in " ".join(checked.stdout.split())


def test_what_it_printed_before_does_not_hide_it(task: Path, tmp_path: Path) -> None:
    place = break_(task / "driver.py", "solve", "print('x\\n' * 9000); raise ValueError('y' * 90_000)")
    detail = json.loads(godel("tasks", "run", task, *TIER, "--json", cwd=tmp_path).stdout)[0]["detail"]
    assert detail.startswith("ValueError: yyyy") and detail.endswith(f"y… {place}")


@pytest.mark.parametrize("function", ["instance", "score"])
def test_a_crash_of_a_judge(task: Path, tmp_path: Path, function: str) -> None:
    place = break_(task / "judge.py", function)
    for command in ("run", "check"):
        done = godel("tasks", command, task, *TIER, cwd=tmp_path)
        assert complaint(done) == f"godel: cut: its judge failed: crash: {CRASH} {place}"


def test_a_judge_that_can_not_be_imported(task: Path, tmp_path: Path) -> None:
    (task / "judge.py").write_text("import nosuchmodule\n")
    line = complaint(godel("tasks", "run", task, *TIER, cwd=tmp_path))
    assert line.startswith("godel: cut/judge.py: no guest on bubblewrap has a module 'nosuchmodule'; guests have numpy")


def test_a_scaffolds_crash(bubblewrap: Tier) -> None:
    text = "def improve(program, utility, model, rng):\n    return helper()\n\ndef helper():\n    None.crash\n"
    scaffold = Program({"main.py": text})
    with Pool(bubblewrap, spares=0) as pool:
        limits = small_run(bubblewrap).improve
        made = improve(lambda: pool.take(SCAFFOLD), Improve(scaffold, scaffold, Blind(""), NoModel(), 0, limits))
    assert (made.failure, made.detail) == ("crash", f"{CRASH} (main.py:5 in helper)")


def test_a_childs_import_that_fails(bubblewrap: Tier) -> None:
    parent = Program({"main.py": "def improve(program, utility, model, rng):\n    return program\n"})
    child = parent.with_file("main.py", f"x = 1\n{parent.files['main.py']}\nNone.crash\n")
    with Pool(bubblewrap, spares=0) as pool:
        proposal = Proposal(child, parent, ("main.py",), set(), workspace(pool))
        assert Imports().refuse(proposal) == f"crash: {CRASH} (main.py:5)"
