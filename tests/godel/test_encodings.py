"""Files that begin with a byte-order mark, and terminals and pipes that are not UTF-8: the real commands in each."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command import ROOT, godel, recorded_run, variables

BOM = "\ufeff"
ENVIRONMENTS = {
    "C": {"LANG": "C", "LC_ALL": "C"},
    "C without UTF-8 mode": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
}
COMMANDS = [
    ("status", "run"),
    ("lineage", "tree", "run", "--all"),
    ("lineage", "show", "run", "best"),
    ("lineage", "show", "run", "g1", "--source"),
    ("lineage", "diff", "run", "best"),
    ("lineage", "path", "run", "best"),
    ("lineage", "edits", "run"),
    ("lineage", "edits", "run", "--operators"),
    ("lineage", "calibration", "run"),
    ("lineage", "export", "run", "-f", "html"),
    ("lineage", "export", "run", "-f", "dot"),
    ("settings",),
    ("tasks", "list"),
    ("tasks", "show", "maxcut"),
    ("scaffolds", "list"),
    ("scaffolds", "show", "mutation"),
    ("--help",),
]
EVERY = f"""
import contextlib, io, sys
from godel.cli import run
for arguments in {COMMANDS!r}:
    code = run(arguments)
    assert code == 0, (arguments, code)
"""


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_listing_in_a_terminal_of_another_encoding(name: str, tmp_path: Path) -> None:
    recorded_run(tmp_path / "run")
    done = subprocess.run(
        [sys.executable, "-c", EVERY],
        cwd=tmp_path,
        env=variables(tmp_path, **ENVIRONMENTS[name]),
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == 0 and b"Error" not in done.stderr, done.stderr.decode("latin-1")


def test_what_a_terminal_lacks_has_look_alikes(tmp_path: Path) -> None:
    recorded_run(tmp_path / "run")
    text = godel("lineage", "tree", "run", cwd=tmp_path, PYTHONIOENCODING="ascii").stdout
    assert text.isascii() and "* g0" in text and "\\u" not in text


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    done = godel("status", "nowhere\udcff", cwd=tmp_path)
    assert done.returncode == 2 and "nowhere\\udcff" in done.stderr


def test_files_that_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    task = Path(shutil.copytree(ROOT / "tasks" / "maxcut", tmp_path / "cut"))
    scaffold = Path(shutil.copytree(ROOT / "scaffolds" / "mutation", tmp_path / "mine"))
    (tmp_path / "run.toml").write_text("workers = 1000\n")
    for file in [*task.rglob("*.*"), *scaffold.rglob("*.*"), tmp_path / "run.toml"]:
        if file.suffix in (".toml", ".py", ".md"):
            file.write_text(BOM + file.read_text())
    assert godel("scaffolds", "show", scaffold, cwd=tmp_path).returncode == 0
    shown = godel("tasks", "show", task, cwd=tmp_path)
    assert shown.returncode == 0 and BOM not in shown.stdout
    line = godel("launch", "--config", "run.toml", cwd=tmp_path).stderr
    assert line.startswith("godel: run.toml: workers: expected a whole number from 1 to 256; given: 1000")


@pytest.mark.bubblewrap
def test_sources_that_begin_with_one_run(tmp_path: Path) -> None:
    task = Path(shutil.copytree(ROOT / "tasks" / "maxcut", tmp_path / "cut"))
    for file in task.rglob("*.py"):
        file.write_text(BOM + file.read_text())
    done = godel("tasks", "run", task, "--sandbox", "bubblewrap", "-q", cwd=tmp_path)
    assert done.returncode == 0 and "+0.000" in done.stdout, done.stdout + done.stderr
