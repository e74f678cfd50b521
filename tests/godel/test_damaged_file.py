"""A run's file with a byte changed, pages swapped or its end cut off: no command ends in an internal error
or shows something else without a word. `tests/support/damage.py` tries as many places as it is told."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import damage
import pytest
from command import complaint, godel, recorded_run
from runs import tier_or_skip

from godel.loop.run_folder import FILE


@pytest.mark.parametrize("seed", range(2))
def test_no_command_shows_a_damaged_file_as_if_it_were_whole(tmp_path: Path, seed: int) -> None:
    folder = recorded_run(tmp_path / "run")
    planned = damage.damages((folder / FILE).stat().st_size, 8, seed)
    assert damage.failures(folder, damage.LOOKS, planned, tmp_path / "scratch") == []


SMALL = ["improve.calls=2", "scoring.search_seeds=1", "scoring.held_out_seeds=1", "secret=golden", "selection=chain"]


@pytest.mark.bubblewrap
@pytest.mark.slow
def test_no_command_goes_on_from_a_damaged_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was really made, so that what is unharmed can be gone on with and made again."""
    tier_or_skip("bubblewrap")
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / "run"
    launch = ["launch", str(folder), "-q", "--task", "online_bin_packing", "--sandbox", "bubblewrap", "--seed", "2"]
    for command in ([*launch, "--generations", "2", "acceptance=any", *SMALL], ["report", str(folder), "-q"]):
        done = damage.said(command)
        assert done.code == 0, done
    planned = damage.damages((folder / FILE).stat().st_size, 16, 0)
    commands = damage.LOOKS + damage.WORK + damage.REPLAYS
    assert damage.failures(folder, commands, planned, tmp_path / "scratch", every=4) == []


def test_a_command_that_shows_something_else_is_found_out() -> None:
    """The check itself can fail."""
    whole = damage.Said(0, "best +0.3\n", "")
    assert not damage.wrong(("status",), whole, whole)
    assert damage.wrong(("status",), whole, damage.Said(0, "best +9.5\n", ""))
    assert damage.wrong(("status",), whole, damage.Said(1, "", "godel: internal error: x in lineage.db\n"))
    assert damage.wrong(("status",), whole, damage.Said(2, "best", "godel: lineage.db is damaged\n"))


CHANGED = "UPDATE evaluations SET body = json_set(body, '$.score', 9.5) WHERE id = 20"


def test_a_score_changed_in_the_file_is_not_shown_and_not_gone_on_from(tmp_path: Path) -> None:
    folder = recorded_run(tmp_path / "run")
    db = sqlite3.connect(folder / FILE)
    db.executescript(CHANGED)
    db.close()
    for command in (
        ("status", "run"),
        ("lineage", "tree", "run"),
        ("resume", "run", "--generations", "9"),
        ("report", "run"),
        ("replay", "run", "g1"),
    ):
        done = godel(*command, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, ""), command
        assert "run/lineage.db is damaged (row 20 of evaluations (event 6) is not what was recorded)" in complaint(done)
    found = godel("verify", "run", cwd=tmp_path)
    assert (found.returncode, found.stderr) == (1, "")
    assert found.stdout == "row 20 of evaluations (event 6) is not what was recorded\nrun: 1 finding\n"
    facts = json.loads(godel("verify", "run", "--json", cwd=tmp_path).stdout)
    assert not facts["verified"] and facts["findings"] == found.stdout.splitlines()[:1]


def test_verify_of_what_is_no_run_is_bad_input(tmp_path: Path) -> None:
    done = godel("verify", "nowhere", cwd=tmp_path)
    assert done.returncode == 2 and complaint(done) == "godel: nowhere/lineage.db: no such run"
