"""Exit codes: 3 only where a run is begun and kept, and what can be seen beforehand stops it beforehand."""

from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path

import pytest
from command import ROOT, complaint, godel
from runs import tier_or_skip

from godel.cli.failure import exit_code, shortened
from godel.cli.work import resumable
from godel.config import Run
from godel.errors import RunFolderError
from godel.lineage.errors import StoreFull
from godel.lineage.store import Store
from godel.loop.run_folder import FILE, create
from godel.loop.session import begin
from godel.sandbox import TIERS, SandboxLost

NO_TIER = {"PATH": "/nonexistent", "DOCKER_HOST": "unix:///nonexistent.sock"}
FULL = OSError(errno.ENOSPC, "No space left on device", "somewhere")


@pytest.fixture
def task(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "tasks" / "maxcut", tmp_path / "cut"))


@pytest.mark.parametrize("command", ["build", "list"])
def test_without_an_engine_nothing_is_resumable(command: str, tmp_path: Path) -> None:
    done = godel("sandbox", command, cwd=tmp_path, **NO_TIER)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no engine answers at unix:///nonexistent.sock" in complaint(done)


@pytest.mark.parametrize("error", [SandboxLost("the engine is gone"), FULL, StoreFull("no space left")], ids=repr)
def test_what_stops_a_run_can_be_resumed(error: Exception) -> None:
    with pytest.raises(Exception) as caught, resumable("godel resume run"):
        raise error
    assert exit_code(caught.value) == 3
    assert caught.value.__notes__ == ["to go on: godel resume run"]


@pytest.mark.parametrize("error", [SandboxLost("the engine is gone"), FULL], ids=repr)
def test_the_same_outside_of_a_run_cannot(error: Exception) -> None:
    assert exit_code(error) == 2


@pytest.mark.bubblewrap
def test_a_run_that_the_disk_does_not_take_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreFull("no space left for it: free some, then resume")

    monkeypatch.setattr(Store, "event", full)
    with pytest.raises(RunFolderError, match="no space left for a run; free some, or choose another folder") as caught:
        begin(tmp_path / "run", Run(tasks=("maxcut",), sandbox="bubblewrap", secret="tests"))
    assert "resume" not in str(caught.value) and not (tmp_path / "run").exists()
    monkeypatch.undo()
    begin(tmp_path / "run", Run(tasks=("maxcut",), sandbox="bubblewrap", secret="tests"))
    assert (tmp_path / "run" / FILE).is_file()


@pytest.mark.bubblewrap
def test_a_run_whose_making_is_interrupted_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Store, "event", interrupted)
    with pytest.raises(KeyboardInterrupt):
        create(tmp_path / "run", Run(tasks=("maxcut",), sandbox="bubblewrap", secret="tests"))
    assert not (tmp_path / "run").exists()


COMMANDS = [
    ("launch", "run", "--task"),
    ("demo", "run", "--sandbox", "bubblewrap"),
    ("tasks", "run"),
    ("tasks", "check"),
]


def refused(command: tuple[str, ...], task: Path, cwd: Path) -> str:
    given = f'tasks=["{task}"]' if command[0] == "demo" else str(task)
    done = godel(*command, given, cwd=cwd)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert not (cwd / "run").exists()
    return complaint(done)


@pytest.mark.parametrize("broken", ["judge.py", "driver.py", "initial/main.py", "reference/main.py"])
@pytest.mark.parametrize("command", [*COMMANDS[:1], *COMMANDS[2:]], ids=" ".join)
def test_a_source_that_does_not_parse(task: Path, tmp_path: Path, command: tuple[str, ...], broken: str) -> None:
    (task / broken).write_text("x = 1\ndef broken(:\n")
    line = refused(command, task, tmp_path)
    assert line == f"godel: cut/{broken}: does not parse: invalid syntax at line 2; expected a Python file"


@pytest.mark.bubblewrap
def test_the_demo_looks_beforehand_too(task: Path, tmp_path: Path) -> None:
    (task / "judge.py").write_text("def broken(:\n")
    assert "cut/judge.py: does not parse" in refused(COMMANDS[1], task, tmp_path)


NOT_IN_A_GUEST = {
    "nosuchmod": "no guest on {tier} has a module 'nosuchmod'; guests have numpy, scipy, libcst and torch, with what "
    "those require: do without it, or put its source into the program's files",
    "rich.table": "no guest on {tier} has a module 'rich.table'; guests have ",
    "": "no guest on {tier} has a module ''; guests have ",
    "json.nosuch": "there is no module 'json.nosuch' in what guests have; mend its name",
    "numpy.linalg.x.y": "there is no module 'numpy.linalg.x.y' in what guests have; mend its name",
    "godel.cli": "a guest has no 'godel.cli', only godel.contract, godel.sandbox.guest, godel.tasks.judging of this",
}


@pytest.mark.parametrize("module", NOT_IN_A_GUEST)
@pytest.mark.parametrize("command", [*COMMANDS[:1], *COMMANDS[2:]], ids=" ".join)
@pytest.mark.parametrize("tier", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in TIERS])
def test_an_import_that_no_sandbox_can_do(
    task: Path, tmp_path: Path, command: tuple[str, ...], module: str, tier: str
) -> None:
    """`rich` is installed on this machine, and in no guest."""
    tier_or_skip(tier)
    preload(task, module)
    line = refused((*command[:2], "--sandbox", tier, *command[2:]), task, tmp_path)
    assert f"cut/task.toml: preload: {NOT_IN_A_GUEST[module].format(tier=tier)}" in line


@pytest.mark.parametrize("tier", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in TIERS])
def test_a_task_that_asks_for_scipy_runs(task: Path, tmp_path: Path, tier: str) -> None:
    """Published programs need it; once such a task passed the check and ended on Docker without a word."""
    tier_or_skip(tier)
    preload(task, "scipy.optimize")
    main = task / "initial" / "main.py"
    main.write_text(f"from scipy.optimize import minimize\n{main.read_text()}")
    done = godel("tasks", "run", str(task), "--sandbox", tier, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["failure"] is None


@pytest.mark.bubblewrap
@pytest.mark.parametrize("file", ["judge.py", "driver.py", "initial/main.py", "reference/main.py"])
def test_a_file_that_imports_what_no_sandbox_has(task: Path, tmp_path: Path, file: str) -> None:
    (task / file).write_text(f"import rich.table\n{(task / file).read_text().replace('from __future__', '# ')}")
    line = refused(("tasks", "check", "--sandbox", "bubblewrap"), task, tmp_path)
    assert f"cut/{file}: no guest on bubblewrap has a module 'rich.table'; guests have numpy, scipy" in line


@pytest.mark.bubblewrap
def test_an_import_that_may_fail_is_the_files_own_business(task: Path, tmp_path: Path) -> None:
    main = task / "initial" / "main.py"
    main.write_text("try:\n    import rich\nexcept ImportError:\n    rich = None\n" + main.read_text())
    done = godel("tasks", "run", str(task), "--sandbox", "bubblewrap", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def preload(task: Path, module: str) -> None:
    manifest = (task / "task.toml").read_text()
    (task / "task.toml").write_text(manifest.replace('preload = ["numpy"]', f'preload = ["{module}"]'))


def test_of_a_traceback_its_last_line_is_told() -> None:
    one = 'Traceback (most recent call last):\n  File "x", line 1, in f\n'
    log = f"it did not start: {one}KeyError: 1\n\nDuring handling of …:\n\n{one}OSError: 2\n"
    assert shortened(log) == "it did not start: OSError: 2 (x:1 in f)"
    assert shortened("one line") == "one line"
