"""What a run folder, a scaffold or a task with something wrong in it gets: one line, exit 2."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from command import ROOT, complaint, godel, recorded_run

from godel.lineage.store import Store
from godel.loop.run_folder import FILE
from godel.scaffold import FOLDER

SCAFFOLD = """
name = "mine"
summary = "One of my own"
editable = ["main.py"]
"""
IMPROVE = "def improve(program, utility, model, rng):\n    return program\n"
NO_TIER = {"PATH": "/nonexistent", "DOCKER_HOST": "unix:///nonexistent.sock"}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return recorded_run(tmp_path / "run")


@pytest.fixture
def scaffold(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "scaffold.toml").write_text(SCAFFOLD)
    (folder / "main.py").write_text(IMPROVE)
    return folder


@pytest.fixture
def task(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "tasks" / "maxcut", tmp_path / "cut"))


def refused(*arguments: str | Path, cwd: Path, **environment: str) -> str:
    done = godel(*arguments, cwd=cwd, **environment)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    return complaint(done)


@pytest.mark.bubblewrap
def test_a_folder_that_is_a_run_is_not_launched_into(run: Path, tmp_path: Path) -> None:
    before = (run / FILE).read_bytes()
    line = refused("launch", run, "--task", "maxcut", "--sandbox", "bubblewrap", cwd=tmp_path)
    assert f"{run} is a run already; choose another folder, or go on: " in line and line.endswith(f" resume {run}")
    assert (run / FILE).read_bytes() == before


def test_a_run_that_another_process_writes_to(run: Path, tmp_path: Path) -> None:
    with Store.open(run / FILE, writable=True):
        assert "is being written by process" in refused("resume", run, cwd=tmp_path)
        assert "running (process" in godel("status", run, cwd=tmp_path).stdout
    assert "running (process" not in godel("status", run, cwd=tmp_path).stdout


@pytest.mark.parametrize("command", ["status", "resume", "report"])
def test_a_run_from_a_newer_version(run: Path, tmp_path: Path, command: str) -> None:
    with sqlite3.connect(run / FILE) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    assert "has format 99, this program knows up to" in refused(command, run, cwd=tmp_path)


@pytest.mark.parametrize("command", [("status",), ("resume",), ("lineage", "tree"), ("lineage", "export")])
def test_a_damaged_run(run: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    with (run / FILE).open("r+b") as file:
        file.seek(200)
        file.write(b"\xff" * 20_000)
    assert "damaged" in refused(*command, run, cwd=tmp_path)


def test_a_file_that_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / FILE).write_text("hello" * 1000)
    assert "is not a run's file, or is damaged" in refused("status", "run", cwd=tmp_path)


def test_a_file_where_a_folder_is_expected(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("hello")
    assert "no such run" in refused("status", "run", cwd=tmp_path)


@pytest.mark.parametrize(
    ("node", "says"),
    [
        ("deadbeef", "no node 'deadbeef'; the nearest: "),
        ("g9", "no generation 9: this run has 0 to 3"),
        ("bets", "the nearest: best"),
    ],
)
def test_an_unknown_node(run: Path, tmp_path: Path, node: str, says: str) -> None:
    for command in (("lineage", "show"), ("lineage", "diff"), ("lineage", "path")):
        assert says in refused(*command, run, node, cwd=tmp_path)


@pytest.mark.parametrize("options", [(), ("--verify",), ("--task", "maxcut"), ("--checkout", "out")], ids=" ".join)
def test_a_replay_looks_for_the_node_before_a_sandbox(run: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    line = refused("replay", run, "deadbeef", *options, cwd=tmp_path, **NO_TIER)
    assert "no node 'deadbeef'" in line


def test_a_replay_on_an_unknown_tier_or_size(run: Path, tmp_path: Path) -> None:
    assert "did you mean bubblewrap?" in refused("replay", run, "best", "--sandbox", "bublewrap", cwd=tmp_path)
    assert "did you mean docker?" in refused("resume", run, "--sandbox", "doker", cwd=tmp_path)
    line = refused("replay", run, "best", "--task", "maxcut", "--preset", "huge", cwd=tmp_path)
    assert "maxcut has no preset 'huge'; it has" in line


def test_the_seed_has_no_parent_to_differ_from(run: Path, tmp_path: Path) -> None:
    assert "it has no parent: give a second node" in refused("lineage", "diff", run, "seed", cwd=tmp_path)


def test_an_unknown_export_format(run: Path, tmp_path: Path) -> None:
    assert "unknown format 'htm'; did you mean html?" in refused("lineage", "export", run, "-f", "htm", cwd=tmp_path)
    line = refused("lineage", "export", run, "-o", "absent/x.json", cwd=tmp_path)
    assert line == "godel: absent/x.json: No such file or directory"


def test_a_checkout_into_a_folder_with_something_in_it(run: Path, tmp_path: Path) -> None:
    line = refused("replay", run, "best", "--checkout", run, cwd=tmp_path)
    assert f"{run} exists and is not an empty folder: choose another" in line


@pytest.mark.parametrize("change", ["scaffold=other", "seed=3", "improve.calls=7"])
def test_what_a_resumption_cannot_change(run: Path, tmp_path: Path, change: str) -> None:
    line = refused("resume", run, change, cwd=tmp_path)
    assert "a resumption can't change" in line and "only generations, workers, budget" in line


def test_a_resumption_to_fewer_generations_than_are_done(run: Path, tmp_path: Path) -> None:
    assert "2 is less than the 3 that are done" in refused("resume", run, "--generations", "2", cwd=tmp_path)


def test_a_run_that_holds_no_tasks(run: Path, tmp_path: Path) -> None:
    """Those that it names are not looked for on this machine: a name may be a path."""
    line = refused("resume", run, "--generations", "5", cwd=tmp_path)
    assert "is damaged (the record of its tasks is not what was recorded)" in line


@pytest.mark.parametrize(
    ("manifest", "main", "says"),
    [
        (SCAFFOLD, "x = 1\n", "main.py: no function 'improve(program, utility, model, rng)'"),
        (SCAFFOLD, "def improve(program):\n    pass\n", "main.py: improve takes (program), expected"),
        (SCAFFOLD, "def improve(:\n", "main.py: does not parse: invalid syntax at line 1"),
        (SCAFFOLD.replace("main.py", "../out.py"), IMPROVE, "'../out.py' lies outside the scaffold's folder"),
        (SCAFFOLD.replace("main.py", "absent.py"), IMPROVE, "absent.py: No such file or directory"),
        (SCAFFOLD + 'sumary = "x"\n', IMPROVE, "scaffold.toml 'sumary'; did you mean summary"),
        (SCAFFOLD.replace('["main.py"]', "[1, 2]"), IMPROVE, "scaffold.toml: editable.0: expected text, in quotes"),
        (SCAFFOLD.replace('["main.py"]', "5"), IMPROVE, 'editable: expected a list, such as editable=["main.py"]'),
        (SCAFFOLD.replace('["main.py"]', '"main.py"'), IMPROVE, "expected a list, such as editable="),
        (SCAFFOLD.replace('["main.py"]', "[]"), IMPROVE, "editable: expected at least one entry"),
        (SCAFFOLD.replace('["main.py"]', '["main.py", "a\\u0000"]'), IMPROVE, "can't be a file"),
        (SCAFFOLD.replace('"mine"', '["a"]'), IMPROVE, "scaffold.toml: name: expected text, in quotes"),
        (SCAFFOLD + "entry = 5\n", IMPROVE, "scaffold.toml: entry: expected text, in quotes"),
        (SCAFFOLD + 'entry = "scaffold.toml"\n', IMPROVE, "entry: 'scaffold.toml'; expected a Python file"),
        (SCAFFOLD + 'needs_model = "false"\n', IMPROVE, "needs_model: expected true or false; given: 'false'"),
        (SCAFFOLD.replace('name = "mine"', ""), IMPROVE, "scaffold.toml: name: missing"),
        ("name = ", IMPROVE, "scaffold.toml: Invalid value"),
        (SCAFFOLD + "needs_model = true\n", IMPROVE, "needs a language model, and this run has none"),
    ],
)
def test_a_scaffold_with_something_wrong(scaffold: Path, tmp_path: Path, manifest: str, main: str, says: str) -> None:
    (tmp_path / "out.py").write_text("")
    (scaffold / "scaffold.toml").write_text(manifest)
    (scaffold / "main.py").write_text(main)
    assert says in refused("launch", "run", "--scaffold", scaffold, "--task", "maxcut", cwd=tmp_path)
    assert not (tmp_path / "run").exists()


def test_a_scaffold_with_a_link_out_of_its_folder(scaffold: Path, tmp_path: Path) -> None:
    (tmp_path / "out.py").write_text(IMPROVE)
    (scaffold / "main.py").unlink()
    (scaffold / "main.py").symlink_to(tmp_path / "out.py")
    line = refused("launch", "run", "--scaffold", scaffold, "--task", "maxcut", cwd=tmp_path)
    assert "lies outside the scaffold's folder" in line


def test_scaffolds_are_found_by_folder_too(scaffold: Path, tmp_path: Path) -> None:
    assert godel("scaffolds", "show", scaffold, cwd=tmp_path).stdout.startswith("mine: One of my own")
    assert godel("scaffolds", "show", FOLDER / "mutation", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("cpu_s =", "cpus =", "limits.cpus: unknown key (nearest: cpu_s)"),
        ('title = "Maximum cut"', "", "title: Field required"),
        ('direction = "max"', 'direction = "up"', "direction: "),
        ("stage = 0", "stage = ", "task.toml: Invalid value"),
        ('default_preset = "small"', 'default_preset = "tiny"', "default_preset: 'tiny' is none of"),
    ],
)
def test_a_task_with_an_error_in_its_manifest(task: Path, tmp_path: Path, before: str, after: str, says: str) -> None:
    manifest = task / "task.toml"
    assert before in manifest.read_text()
    manifest.write_text(manifest.read_text().replace(before, after))
    for command in (("tasks", "show", task), ("launch", "run", "--task", task)):
        line = refused(*command, cwd=tmp_path)
        assert says in line and "task.toml" in line


@pytest.mark.parametrize("absent", ["judge.py", "driver.py", "description.md", "initial/main.py"])
def test_a_task_without_one_of_its_files(task: Path, tmp_path: Path, absent: str) -> None:
    (task / absent).unlink()
    assert f"{absent}: No such file" in refused("tasks", "show", task, cwd=tmp_path)


def test_a_task_given_twice(tmp_path: Path) -> None:
    assert "a task is given twice" in refused("launch", "--suite", "cheap", "--task", "maxcut", cwd=tmp_path)


def test_a_configuration_with_an_unknown_key(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text("[improve]\ncals = 3\n")
    assert "unknown key in run.toml 'improve.cals'" in refused("launch", "--config", "run.toml", cwd=tmp_path)


@pytest.mark.parametrize("command", ["launch", "demo"])
def test_without_any_tier_it_says_how_to_get_one(command: str, tmp_path: Path) -> None:
    done = godel(command, "run", cwd=tmp_path, **NO_TIER)
    assert done.returncode == 2
    assert "no sandbox works on this machine. Two ways to get one:" in done.stderr
    assert "install Docker" in done.stderr and "apt-get install bubblewrap" in done.stderr
    assert not (tmp_path / "run").exists()


def test_the_doctor_without_any_tier(tmp_path: Path) -> None:
    done = godel("sandbox", "doctor", cwd=tmp_path, **NO_TIER)
    assert done.returncode == 2
    assert "Two ways to get one" in done.stderr and "can't be used here" in done.stdout
