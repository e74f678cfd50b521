"""`godel rule`: approval and rollback are appended, shown everywhere, and followed by what comes next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import complaint, godel, recorded_run
from runs import proceed, small_run, tier_or_skip

from godel.lineage import Outcome, Status
from godel.lineage.analysis.lineage import resolve
from godel.lineage.store import Store
from godel.loop.run_folder import FILE, create

RULE = ("--reason", "it cheats", "--by", "ada")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    recorded_run(tmp_path / "run")
    return tmp_path


def statuses(home: Path) -> list[Status]:
    with Store.open(home / "run" / FILE) as store:
        return [made.status for made in store.generations()]


def test_a_rollback_is_appended_and_shown_everywhere(home: Path) -> None:
    with Store.open(home / "run" / FILE) as store:
        before = [event.hash for event in store.events()]
        child = resolve(store, "g1")
    done = godel("rule", "run", "g1", "revoke", *RULE, cwd=home)
    assert (done.returncode, done.stdout) == (0, f"g1 {child[:8]} is revoked\n"), done.stderr
    assert statuses(home) == [Status.SEED, Status.REVOKED, Status.REJECTED, Status.REFUSED]
    with Store.open(home / "run" / FILE) as store:
        assert [event.hash for event in store.events()][: len(before)] == before
        assert resolve(store, "best") == store.seed
    shown = godel("lineage", "show", "run", "g1", cwd=home).stdout
    assert "generation 1: revoked (it cheats)" in shown
    assert "accepted by acceptance:noise_aware, after generation 1" in shown
    assert "revoked by person:ada, after generation 3: it cheats" in shown
    tree = godel("lineage", "tree", "run", cwd=home).stdout
    assert f"✗ g1 {child[:8]}" in tree and "✗ revoked: it was accepted, and is no longer kept." in tree
    exported = json.loads(godel("lineage", "export", "run", cwd=home).stdout)["generations"][1]
    assert exported["status"] == "revoked" and [each["verdict"] for each in exported["rulings"]] == [
        "accepted",
        "revoked",
    ]
    assert "color=red" in godel("lineage", "export", "run", "-f", "dot", cwd=home).stdout
    page = godel("lineage", "export", "run", "-f", "html", cwd=home).stdout
    assert '["revoked","person:ada","it cheats"]' in page


def test_a_held_child_waits_and_is_approved(home: Path) -> None:
    assert godel("rule", "run", "g2", "hold", *RULE, cwd=home).returncode == 0
    tree = godel("lineage", "tree", "run", cwd=home).stdout
    assert "◌ g2" in tree and "◌ held: it waits for a ruling" in tree
    assert 'style="rounded,dashed"' in godel("lineage", "export", "run", "-f", "dot", cwd=home).stdout
    done = godel("rule", "run", "g2", "accept", *RULE, "--json", cwd=home)
    (found,) = json.loads(done.stdout)
    assert found["status"] == "accepted" and [each["verdict"] for each in found["rulings"]] == [
        "rejected",
        "held",
        "accepted",
    ]
    assert statuses(home)[2] is Status.ACCEPTED


BAD = {
    "no such verdict": (("g1", "aprove", *RULE), "unknown verdict 'aprove'; there are: accept, hold, reject, revoke"),
    "the seed": (("seed", "revoke", *RULE), "the seed is always kept: nothing to rule on"),
    "never scored": (("g3", "accept", *RULE), "it was never scored (refused): nothing to rule on"),
    "no such node": (("g9", "accept", *RULE), "no generation 9"),
    "what it is already": (("g1", "accept", *RULE), "g1 is accepted already"),
    "what was not accepted": (("g2", "revoke", *RULE), "g2 is rejected, not accepted: there is nothing to revoke"),
    "no reason": (("g1", "revoke", "--reason", " ", "--by", "ada"), "--reason TEXT: expected a reason"),
    "two lines": (("g1", "revoke", "--reason", "x\ny", "--by", "ada"), "--reason TEXT: expected a reason"),
    "nobody": (("g1", "revoke", "--reason", "x", "--by", ""), "--by NAME: expected the name of who rules"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_one_line_and_nothing_is_written(home: Path, what: str) -> None:
    arguments, said = BAD[what]
    before = (home / "run" / FILE).read_bytes()
    done = godel("rule", "run", *arguments, cwd=home)
    assert done.returncode == 2 and said in complaint(done), done.stderr
    assert len(done.stderr.strip().splitlines()) == 1 and (home / "run" / FILE).read_bytes() == before


def test_it_refuses_while_a_run_is_being_worked_on(home: Path) -> None:
    with Store.open(home / "run" / FILE, writable=True):
        done = godel("rule", "run", "g1", "revoke", *RULE, cwd=home)
    assert done.returncode == 2 and "is being written by process" in complaint(done)


@pytest.mark.bubblewrap
def test_what_comes_next_follows_the_ruling_and_the_run_still_verifies(tmp_path: Path) -> None:
    """Selection takes the newest scaffold that is kept: a revoked one is none, its children are."""
    options = {"acceptance": "any", "selection": "chain", "workers": 1}
    create(tmp_path / "run", small_run(tier_or_skip("bubblewrap"), generations=6, **options))
    proceed(tmp_path / "run", generations=3)
    with Store.open(tmp_path / "run" / FILE) as store:
        newest = [made for made in store.generations() if made.outcome is Outcome.SCORED][-1]
    done = godel("rule", "run", f"g{newest.index}", "revoke", *RULE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    proceed(tmp_path / "run")
    with Store.open(tmp_path / "run" / FILE) as store:
        later = store.generations(start=4)
    assert len(later) == 3 and newest.child not in {parent for made in later for parent in made.parents}
    assert godel("verify", "run", cwd=tmp_path).returncode == 0
