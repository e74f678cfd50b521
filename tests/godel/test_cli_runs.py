"""Whole runs from the command line, in a real sandbox: launch, stop, resume, report, replay, demo."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import complaint, godel, recorded_run, start
from made import generation
from runs import SMALL, tier_or_skip

from godel.contract import Edit, Program
from godel.lineage import Status, Transcript
from godel.lineage.analysis.lineage import resolve
from godel.lineage.store import Store
from godel.loop.run_folder import FILE
from godel.sandbox.bubblewrap.cgroups import controlled

LAUNCH = ("launch", "run", "--task", "online_bin_packing", "--sandbox", "bubblewrap", *SMALL)
pytestmark = pytest.mark.bubblewrap


@pytest.fixture(autouse=True)
def tier() -> None:
    tier_or_skip("bubblewrap")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `run` is a run of three generations, never changed by a test."""
    tier_or_skip("bubblewrap")
    home = tmp_path_factory.mktemp("finished")
    done = godel(*LAUNCH, "--generations", "3", "--json", cwd=home)
    assert done.returncode == 0, done.stderr
    (home / "launched.json").write_text(done.stdout)
    return home


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    """The same folder, for a test that changes it."""
    return Path(shutil.copytree(finished, tmp_path / "copy"))


def generations(home: Path) -> int:
    with Store.open(home / "run" / FILE) as store:
        return len(store.generations()) - 1


def test_launch_tells_its_progress_on_stderr_and_the_outcome_on_stdout(finished: Path) -> None:
    outcome = json.loads((finished / "launched.json").read_text())["outcome"]
    assert set(outcome["seed"]["utility"]) == {"search", "held-out"}
    assert sum(outcome["statuses"].values()) == 4
    shown = godel("status", "run", cwd=finished).stdout
    assert "run  finished\ngeneration 3 of 3 · mutation on online_bin_packing · bubblewrap" in shown


def test_quiet_is_quiet(finished: Path) -> None:
    done = godel("report", "run", "seed", "--quiet", cwd=finished)
    assert (done.returncode, done.stderr) == (0, "")
    assert "held-out utility" in done.stdout


def test_a_finished_run_has_nothing_left_to_do(finished: Path) -> None:
    before = (finished / "run" / FILE).stat().st_size
    assert godel("resume", "run", cwd=finished).returncode == 0
    assert generations(finished) == 3 and (finished / "run" / FILE).stat().st_size >= before


def test_replay_reproduces_every_generation(finished: Path) -> None:
    done = godel("replay", "run", "all", "--verify", "--json", cwd=finished)
    assert done.returncode == 0, done.stdout
    verdicts = json.loads(done.stdout)
    assert [each["generation"] for each in verdicts] == [0, 1, 2, 3]
    assert all(each["reproduced"] for each in verdicts)
    assert all(score["recorded"] == score["replayed"] for each in verdicts for score in each["scores"])


def test_replay_runs_an_ancestor_on_another_task_today(finished: Path) -> None:
    done = godel("replay", "run", "seed", "--task", "maxcut", "--seeds", "2", "--json", cwd=finished)
    assert [(each["task"], each["seed"]) for each in json.loads(done.stdout)] == [("maxcut", 0), ("maxcut", 1)]
    assert generations(finished) == 3


def test_replay_checks_out_the_source(finished: Path, tmp_path: Path) -> None:
    assert godel("replay", "run", "seed", "--checkout", tmp_path / "seed", cwd=finished).returncode == 0
    with Store.open(finished / "run" / FILE) as store:
        files = store.program(resolve(store, "seed")).files
    assert {path.name: path.read_text() for path in (tmp_path / "seed").iterdir()} == dict(files)


def test_replay_finds_a_generation_that_did_not_happen_so(copy: Path) -> None:
    """Its record holds together, chain and all; but its parent did not make that child."""
    tree = Program({"main.py": "def improve(program, utility, model, rng):\n    return program\n"}, "main.py")
    with Store.open(copy / "run" / FILE, writable=True) as store:
        seed = resolve(store, "seed")
        false = generation(
            4,
            seed,
            tree.digest,
            seed,
            Status.ACCEPTED,
            edits=(Edit("magic", "main.py", "a", "b"),),
        )
        store.record(false, tree, [], Transcript())
    done = godel("replay", "run", "g4", "--verify", cwd=copy)
    assert done.returncode == 1
    assert "child: recorded" in done.stdout and "0 of 1 generation reproduced" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly_and_it_can_be_resumed(number: signal.Signals, tmp_path: Path) -> None:
    process = start(*LAUNCH, "--generations", "200", cwd=tmp_path)
    try:
        assert process.stderr
        for line in process.stderr:
            if line.startswith("1/200"):
                break
        assert guests_of(process.pid) or not controlled()
        process.send_signal(number)
        rest = process.stderr.read()
        assert process.wait(60) == 130
    finally:
        process.kill()
        process.communicate()
    assert "Traceback" not in rest
    assert rest.strip().splitlines()[-1].endswith(f"; to go on: {sys.executable} -m godel resume run")
    assert not guests_of(process.pid)
    done = generations(tmp_path)
    assert f"interrupted after generation {done}" in godel("status", "run", cwd=tmp_path).stdout
    resumed = godel("resume", "run", "--generations", str(done + 1), "--no-report", cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert generations(tmp_path) == done + 1


def guests_of(pid: int) -> list[str]:
    """Processes in the control groups that a process made for its sandboxes, which are named for it."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if f"-{pid}-" in (each / "cgroup").read_text():
                found.append((each / "cmdline").read_text())
        except OSError:  # it has just ended
            continue
    return found


def test_a_spent_budget_stops_it_resumable(tmp_path: Path) -> None:
    done = godel(*LAUNCH, "--generations", "50", "budget.evaluations=20", cwd=tmp_path)
    assert done.returncode == 3
    assert "the budget of 20 evaluations is spent" in complaint(done)
    hint = complaint(done).rpartition(" -m godel ")[2].split()
    before = generations(tmp_path)
    resumed = godel(*hint, "--generations", str(before + 1), "--no-report", cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    status = json.loads(godel("status", "run", "--json", cwd=tmp_path).stdout)
    assert status["generations"] == {"done": before + 1, "planned": before + 1}


def test_sealed_is_opened_for_one_set_of_scaffolds_only(copy: Path) -> None:
    first = godel("report", "run", "seed", "--sealed", cwd=copy)
    assert first.returncode == 0 and "sealed utility" in first.stdout
    assert godel("report", "run", "seed", "--sealed", cwd=copy).stdout == first.stdout
    with Store.open(copy / "run" / FILE) as store:
        child = store.generations()[1].child
    if child:
        again = godel("report", "run", "g1", "--sealed", cwd=copy)
        assert again.returncode == 2 and "the sealed split was opened already" in complaint(again)


def test_the_demo_shows_tree_utilities_edits_and_picture(tmp_path: Path) -> None:
    done = godel(
        "demo", "--sandbox", "bubblewrap", 'tasks=["online_bin_packing"]', "generations=2", *SMALL, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "sandbox: bubblewrap" in done.stderr
    assert re.search(r"^held-out +-?0\.", done.stdout, re.MULTILINE) and "● g0" in done.stdout
    assert re.search(r"^children +", done.stdout, re.MULTILINE)
    page = tmp_path / "runs" / "demo-1" / "lineage.html"
    assert str(page) in done.stdout and page.stat().st_size > 10_000
    assert "null result" in done.stdout.lower() or "self-edit" in done.stdout


def test_the_demo_tells_the_same_facts_as_json(tmp_path: Path) -> None:
    settings = ("sandbox=bubblewrap", 'tasks=["online_bin_packing"]', "generations=1", *SMALL)
    done = godel("demo", "mine", "--json", *settings, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["folder"] == "mine" and found["sandbox"]["tier"] == "bubblewrap"
    assert found["tree"] and set(found["outcome"]["seed"]["utility"]) == {"search", "held-out"}
    assert Path(found["picture"]) == tmp_path / "mine" / "lineage.html" and Path(found["picture"]).is_file()
    assert "mine: mutation improves its own source on 1 task" in done.stderr


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a mebibyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = os.geteuid() == 0 and not mount("-t", "tmpfs", "-o", "size=512k", "tmpfs", folder)
    if not mounted:
        pytest.skip("mounting a small file system takes root and CAP_SYS_ADMIN")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def mount(*arguments: str | Path) -> int:
    return subprocess.run(["mount", *arguments], capture_output=True).returncode


def test_a_full_disk_stops_it_resumable_and_loses_nothing(tiny_disk: Path, tmp_path: Path) -> None:
    folder = tiny_disk / "run"
    filler = tiny_disk / "filler"
    arguments = [str(folder) if each == "run" else each for each in LAUNCH]
    process = start(*arguments, "--generations", "200", cwd=tmp_path)
    try:
        assert process.stderr
        for line in process.stderr:
            if line.startswith("1/200"):
                break
        fill(filler)
        rest = process.stderr.read()
        assert process.wait(120) == 3, rest
    finally:
        process.kill()
        process.communicate()
    assert "no space left" in rest.splitlines()[-1] and rest.strip().endswith(f"godel resume {folder}")
    assert "Traceback" not in rest
    filler.unlink()
    with Store.open(folder / FILE) as store:
        done = len(store.generations()) - 1
        store.verify()
    assert done >= 1
    assert not mount("-o", "remount,size=64m", tiny_disk)
    resumed = godel("resume", folder, "--generations", str(done + 1), "--no-report", cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


def test_an_export_and_a_checkout_onto_a_full_disk_leave_all_as_it_was(tiny_disk: Path, tmp_path: Path) -> None:
    recorded_run(tmp_path / "run")
    (tiny_disk / "old.html").write_text("as it was")
    (tiny_disk / "empty").mkdir()
    fill(tiny_disk / "filler")
    before = sorted(tiny_disk.rglob("*"))
    for name in ("old.html", "new.html"):
        done = godel("lineage", "export", "run", "-o", tiny_disk / name, cwd=tmp_path)
        assert (done.returncode, complaint(done)) == (2, f"godel: {tiny_disk / name}: No space left on device")
    for name in ("empty", "new"):
        done = godel("replay", "run", "best", "--checkout", tiny_disk / name, cwd=tmp_path)
        assert (done.returncode, complaint(done)) == (2, f"godel: {tiny_disk / name}: No space left on device")
    assert sorted(tiny_disk.rglob("*")) == before
    assert (tiny_disk / "old.html").read_text() == "as it was"


def test_a_disk_that_is_full_from_the_start(tiny_disk: Path, tmp_path: Path) -> None:
    fill(tiny_disk / "filler")
    arguments = [str(tiny_disk / "run") if each == "run" else each for each in LAUNCH]
    done = godel(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "no space left" in complaint(done).lower() and "resume" not in complaint(done)
    assert not (tiny_disk / "run" / FILE).exists()


def test_a_report_is_stopped_at_once_and_what_it_scored_is_kept(tmp_path: Path) -> None:
    assert (
        godel(*LAUNCH, "--generations", "1", "--no-report", "scoring.held_out_seeds=40", cwd=tmp_path).returncode == 0
    )
    process = start("resume", "run", cwd=tmp_path)
    try:
        assert process.stderr
        for line in process.stderr:
            if line.startswith("scoring"):
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(60) == 130
    finally:
        process.kill()
        process.communicate()
    assert rest.splitlines()[-1] == f"godel: interrupted; to go on: {sys.executable} -m godel resume run"
    with Store.open(tmp_path / "run" / FILE) as store:
        store.verify()
        assert all(evaluation.failure is None for evaluation in store.evaluations())
