"""A command that the program suggests can be pasted into the shell that called it: for real, with a shell."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command import ROOT, godel, recorded_run, variables

from godel.called import command

ODD = 'a run\'s "folder"; $HOME & more'
PROGRAM = Path(sys.executable).with_name("godel")


def shell(line: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        line, shell=True, cwd=cwd, env=variables(cwd, **environment), capture_output=True, text=True, timeout=120
    )


def pasted(lines: str) -> list[str]:
    return [line for line in lines.splitlines() if " lineage " in line]


@pytest.mark.parametrize(
    ("called", "folder"),
    [(str(PROGRAM), ODD), ("tool/godel", "-run"), (f"{sys.executable} -m godel", ODD), ("godel", "x" * 100)],
)
def test_where_to_look_next(tmp_path: Path, called: str, folder: str) -> None:
    recorded_run(tmp_path / folder)
    (tmp_path / "tool").mkdir()
    (tmp_path / "tool" / "godel").symlink_to(PROGRAM)
    path = f"{PROGRAM.parent}:{os.environ['PATH']}" if called == "godel" else "/usr/bin:/bin"
    given = f"./{folder}" if folder.startswith("-") else folder
    done = shell(f"{called} status {shlex.quote(given)}", tmp_path, PATH=path, COLUMNS="80")
    assert done.returncode == 0, done.stderr
    hints = pasted(done.stderr)
    assert len(hints) == 3
    for hint in hints:
        again = shell(hint, tmp_path, PATH=path)
        assert again.returncode == 0, (hint, again.stderr)


def test_a_run_that_is_there_already(tmp_path: Path) -> None:
    recorded_run(tmp_path / ODD)
    done = godel("launch", ODD, "--task", "maxcut", cwd=tmp_path)
    assert done.returncode == 2
    hint = done.stderr.strip().rpartition("go on: ")[2]
    again = shell(f"{hint} --generations 1", tmp_path)
    assert "is less than the 3 that are done" in again.stderr, again.stderr


def test_used_as_a_library_it_is_called_godel() -> None:
    assert Path(sys.argv[0]).name != "godel"
    assert command("resume", Path("a b"), "x=1") == "godel resume 'a b' x=1"


def test_no_hint_names_the_program_by_hand() -> None:
    """Whoever has it in a checkout has no `godel` on the PATH. Help texts, which name commands, are no hints."""
    for folder in ("godel", "lineage"):
        for file in (ROOT / folder).rglob("*.py"):
            text = file.read_text()
            for verb in ("resume", "report", "replay", "launch", "lineage tree", "lineage edits", "status", "verify"):
                assert f'"godel {verb} {{' not in text and f": godel {verb} {{" not in text, file
