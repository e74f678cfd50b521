"""What is broken in a task or a seed shows before a run's folder exists, with file and line; nothing of it is kept."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest
from command import ROOT, complaint, godel, start

from godel.config import load
from godel.errors import RunFolderError
from godel.lineage import Split, Trial
from godel.lineage.store import Store
from godel.loop.run_folder import FILE, check_new, create
from godel.loop.session import begin
from godel.scoring.evaluator import seeds_of

pytestmark = pytest.mark.bubblewrap
MANIFEST = 'name = "mine"\neditable = ["main.py"]\n'
BREAKS = {
    "judge.py": ("score", "its judge failed: crash: "),
    "driver.py": ("run", "its initial program fails: crash: "),
    "initial/main.py": ("cut", "its initial program fails: crash: "),
    "reference/main.py": ("cut", "its reference program fails: crash: "),
}
"""By file, a function that is to raise, and what is said then."""


@pytest.fixture
def task(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "tasks" / "maxcut", tmp_path / "cut"))


def break_(file: Path, function: str) -> str:
    """Let `function` raise; the place."""
    lines = file.read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"def {function}("))
    lines[at + 1 : at + 1] = ["    {}['broken']"]
    file.write_text("\n".join(lines))
    return f"KeyError: 'broken' ({file.name}:{at + 2} in {function})"


def refused(*arguments: str | Path, cwd: Path) -> str:
    done = godel(*arguments, "--sandbox", "bubblewrap", "-q", cwd=cwd)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert not (cwd / "run").exists()
    return complaint(done)


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_task_is_told_before_there_is_a_folder(task: Path, tmp_path: Path, broken: str) -> None:
    function, says = BREAKS[broken]
    raised = break_(task / broken, function)
    assert refused("launch", "run", "--task", task, cwd=tmp_path) == f"godel: cut: {says}{raised}"


def test_the_demo_tries_it_too_and_a_mended_task_is_taken(task: Path, tmp_path: Path) -> None:
    whole = (task / "judge.py").read_text()
    raised = break_(task / "judge.py", "instance")
    done = godel("demo", "run", f'tasks=["{task}"]', "presets={}", "-q", "--sandbox", "bubblewrap", cwd=tmp_path)
    assert done.returncode == 2 and complaint(done).endswith(raised) and not (tmp_path / "run").exists()
    (task / "judge.py").write_text(whole)
    begin(tmp_path / "run", load(None, [], tasks=[str(task)], sandbox="bubblewrap", secret="tests"))
    assert [path.name for path in (tmp_path / "run").iterdir()] == [FILE]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (
            "def improve(program, utility, model, rng):\n    return {}['x']\n",
            "mine: fails on a toy program: crash: KeyError: 'x' (main.py:2 in improve)",
        ),
        (
            "import nosuch\ndef improve(program, utility, model, rng):\n    return program\n",
            "mine: can't be imported: crash: ModuleNotFoundError: No module named 'nosuch' (main.py:1)",
        ),
        (
            "def improve(program, utility, model, rng):\n    raise SystemExit(0)\n",
            "mine: fails on a toy program: no program",
        ),
    ],
)
def test_a_broken_scaffold_is_told_before_there_is_a_folder(tmp_path: Path, source: str, says: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "scaffold.toml").write_text(MANIFEST)
    (tmp_path / "mine" / "main.py").write_text(source)
    assert says in refused("launch", "run", "--task", "maxcut", "--scaffold", tmp_path / "mine", cwd=tmp_path)


def test_what_was_measured_is_the_runs(tmp_path: Path) -> None:
    begin(tmp_path / "run", load(None, [], tasks=["maxcut"], sandbox="bubblewrap", secret="tests"))
    _, seed, _ = seeds_of("tests", Trial("maxcut", Split.SEARCH, 0))
    with Store.open(tmp_path / "run" / FILE) as store:
        store.verify()
        assert store.baseline(store.config["tasks"]["maxcut"], seed) is not None
        assert [event.kind for event in store.events()].count("baseline") == 1


def test_a_launch_that_is_killed_meanwhile_leaves_no_run(tmp_path: Path) -> None:
    launched = start("launch", "run", "--task", "maxcut", "--sandbox", "bubblewrap", cwd=tmp_path)
    assert launched.stderr
    while "trying the tasks" not in launched.stderr.readline():
        assert launched.poll() is None
    launched.send_signal(signal.SIGKILL)
    launched.communicate()
    assert not (tmp_path / "run" / FILE).exists()
    check_new(tmp_path / "run")


def test_a_folder_that_can_not_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "lost").symlink_to("nowhere")
    for folder in (tmp_path / "file", tmp_path / "file" / "run", tmp_path / "lost"):
        with pytest.raises(RunFolderError, match="is no folder that can be written"):
            check_new(folder)


def test_of_two_launches_into_one_folder_one_is_refused(tmp_path: Path) -> None:
    run = load(None, [], tasks=["maxcut"], sandbox="bubblewrap", secret="tests")
    create(tmp_path / "run", run)
    before = (tmp_path / "run" / FILE).read_bytes()
    with pytest.raises(RunFolderError, match="is a run already; "):
        create(tmp_path / "run", run)
    assert (tmp_path / "run" / FILE).read_bytes() == before
