"""`status`, `report` and `lineage` over a recorded run: what they show, and what nothing recorded can do to them."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest
from command import complaint, godel, recorded_run
from made import generation

from godel.contract import Edit, Program
from godel.lineage import Status, Transcript
from godel.lineage.analysis.lineage import resolve
from godel.lineage.store import Store
from godel.loop.run_folder import FILE

HOSTILE = "x\ud800\x1b]0;owned\x07\x9b31m\u202e\x00\r\n\u2028\udfff\"'<script>&]]>\\"
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LOOKS = [
    ("status",),
    ("lineage", "tree"),
    ("lineage", "show", "g4"),
    ("lineage", "diff", "g4"),
    ("lineage", "path", "g4"),
    ("lineage", "edits"),
    ("lineage", "show", "g4", "--source"),
    ("lineage", "edits", "--operators"),
]
EXPORTS = ("json", "graphml", "dot", "html")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run whose fourth self-edit does its worst."""
    folder = tmp_path_factory.mktemp("home")
    tree = Program({"main.py": HOSTILE, HOSTILE: HOSTILE}, "main.py")
    with Store.open(recorded_run(folder / "run") / FILE, writable=True) as store:
        parent = resolve(store, "best")
        made = generation(
            4,
            parent,
            tree.digest,
            parent,
            Status.ACCEPTED,
            HOSTILE,
            edits=(Edit(HOSTILE, HOSTILE, HOSTILE, HOSTILE),),
        )
        store.record(made, tree, [], Transcript())
    return folder


def after(command: tuple[str, ...], run: str = "run") -> tuple[str, ...]:
    """The command with its run where it belongs: after the name of the command."""
    words = 2 if command[0] == "lineage" else 1
    return (*command[:words], run, *command[words:])


@pytest.mark.parametrize("command", LOOKS, ids=" ".join)
def test_text_from_a_scaffold_breaks_no_output(home: Path, command: tuple[str, ...]) -> None:
    done = godel(*after(command), cwd=home)
    assert done.returncode == 0, done.stderr
    assert not CONTROL.search(done.stdout)
    assert json.loads(godel(*after(command), "--json", cwd=home).stdout)


@pytest.mark.parametrize("form", EXPORTS)
def test_text_from_a_scaffold_breaks_no_export(home: Path, form: str) -> None:
    done = godel("lineage", "export", "run", "-f", form, "-o", f"out.{form}", cwd=home)
    assert done.returncode == 0, done.stderr
    written = (home / f"out.{form}").read_bytes().decode()
    assert written == godel("lineage", "export", "run", "-f", form, cwd=home).stdout
    assert not CONTROL.search(written)


def test_source_that_no_file_can_hold_is_refused_and_nothing_is_written(home: Path, tmp_path: Path) -> None:
    done = godel("replay", home / "run", "g4", "--checkout", tmp_path / "out", cwd=home)
    assert done.returncode == 2
    assert complaint(done).endswith("is no name that a file can have; nothing is written")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../out.py", "/tmp/out.py", "a/../../out.py", ".git/config", "a/.envrc"])
def test_a_checkout_writes_nothing_outside_its_folder_and_nothing_hidden(tmp_path: Path, name: str) -> None:
    """Git runs what its configuration names as soon as somebody looks at the folder."""
    tree = Program({"main.py": "", name: "x"}, "main.py")
    with Store.open(recorded_run(tmp_path / "run") / FILE, writable=True) as store:
        made = generation(4, resolve(store, "best"), tree.digest, None, Status.ACCEPTED)
        store.record(made, tree, [], Transcript())
    done = godel("replay", "run", "g4", "--checkout", "deep/out", cwd=tmp_path)
    assert done.returncode == 2 and complaint(done).endswith("nothing is written")
    assert not [path for path in (tmp_path / "deep").rglob("*") if path.is_file()]
    assert not (tmp_path / "out.py").exists() and not Path("/tmp/out.py").exists()


def test_a_checkout_fills_an_empty_folder_and_makes_a_new_one(home: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "new/deep"):
        done = godel("replay", home / "run", "g1", "--checkout", tmp_path / name, "--json", cwd=home)
        assert json.loads(done.stdout) == [str(tmp_path / name / "main.py")]
        assert [path.name for path in (tmp_path / name).iterdir()] == ["main.py"]
        assert (tmp_path / name / "main.py").read_text() == "SIGMA = 2\n"


def test_an_export_takes_the_place_of_the_one_before(home: Path, tmp_path: Path) -> None:
    target, link = tmp_path / "lineage.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    assert godel("lineage", "export", home / "run", "-o", link, cwd=home).returncode == 0
    assert link.is_symlink() and json.loads(target.read_text())["format"] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lineage.json", "link.json"]
    shown = godel("lineage", "export", home / "run", "-f", "dot", "-o", "/dev/stdout", cwd=home)
    assert shown.stdout.startswith("digraph")
    done = godel("lineage", "export", home / "run", "-o", tmp_path, cwd=home)
    assert done.returncode == 2


@pytest.mark.parametrize("columns", ["80", "100"])
def test_each_scaffold_has_its_three_numbers(tmp_path: Path, columns: str) -> None:
    recorded_run(tmp_path / "run")
    status = godel("status", "run", cwd=tmp_path, COLUMNS=columns).stdout
    table = status.split("\n\n")[1].splitlines()
    assert [line.split()[0] for line in table[1:4]] == ["search", "held-out", "children"]
    assert "+0.201 [one pair]" in table[3] and "-0.100 [one pair]" in table[3]
    assert "made a better improver, on 8 held-out trials:" in status
    edits = godel("lineage", "edits", "run", cwd=tmp_path, COLUMNS=columns).stdout
    assert "+0.201 ±0.001  +0.201 ±0.001  0.000  1/3      -0.100 ±?" in edits
    for text in (status, edits):
        assert "…" not in text and max(map(len, text.splitlines())) <= 80


def test_json_holds_them_too(tmp_path: Path) -> None:
    recorded_run(tmp_path / "run")
    look = {
        name: json.loads(godel(*command, "--json", cwd=tmp_path).stdout)
        for name, command in {
            "status": ("status", "run"),
            "show": ("lineage", "show", "run", "seed"),
            "tree": ("lineage", "tree", "run"),
            "edits": ("lineage", "edits", "run"),
        }.items()
    }
    made = look["status"]["outcome"]["seed"]["productivity"]
    assert look["show"]["productivity"] == made and made["children"]["pairs"] == made["tries"] == 1
    assert look["tree"][0]["children"] == made["children"]
    assert look["tree"][0]["held_out"] == look["show"]["utility"]["held-out"]["mean"]
    assert look["edits"][0]["offspring"] == look["status"]["outcome"]["best"]["productivity"]["children"]


DAMAGE = {
    "UPDATE generations SET body = json_set(body, '$.status', 'weird') WHERE number = 2": "generation 2 (event ",
    "UPDATE generations SET body = '{}' WHERE number = 2": "generation 2 (event ",
    "DELETE FROM events WHERE kind = 'seed'": "event 3 is missing",
}


@pytest.mark.parametrize("script", DAMAGE)
def test_a_run_that_lost_a_record_is_damaged(tmp_path: Path, script: str) -> None:
    folder = recorded_run(tmp_path / "run")
    db = sqlite3.connect(folder / FILE)
    db.executescript(script)
    db.close()
    for command in (("status",), ("resume", "--generations", "9")):
        done = godel(command[0], "run", *command[1:], cwd=tmp_path)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done.stderr
        assert f"lineage.db is damaged ({DAMAGE[script]}" in complaint(done)


def test_source_that_was_lost_is_damage(tmp_path: Path) -> None:
    folder = recorded_run(tmp_path / "run")
    db = sqlite3.connect(folder / FILE)
    db.executescript("DELETE FROM blobs WHERE hash = (SELECT child FROM generations WHERE number = 1)")
    db.close()
    for command in (
        ("lineage", "export", "run"),
        ("lineage", "diff", "run", "best"),
        ("replay", "run", "g1", "--checkout", "x"),
    ):
        done = godel(*command, cwd=tmp_path)
        assert done.returncode == 2 and "is damaged (blob " in complaint(done)
