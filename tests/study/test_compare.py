"""A whole study by the command line: conducted once, gone on with for nothing, and never mixed with another."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest
from command import complaint, godel, start

from godel.lineage.analysis.lineage import Lineage
from godel.lineage.store import Store
from godel.loop.run_folder import FILE

pytestmark = [pytest.mark.bubblewrap, pytest.mark.slow]

DESIGN = """
question = "Does an improved improver improve better?"
seeds = [1, 2]
conditions = ["self", "frozen", "sham", "constants", "frozen_0"]
[run]
tasks = ["micro_knobs"]
generations = 5
workers = 1
acceptance = "strict"
secret = "tests"
sandbox = "bubblewrap"
scoring = { search_seeds = 2, held_out_seeds = 2 }
improve = { calls = 10 }
[transfer]
on = ["micro_valley"]
k = 10
pairs = 2
beside = ["mutation"]
"""
CONDITIONS = ("self", "frozen", "sham", "constants", "frozen_0")


def test_a_study_from_start_to_end(tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_text(DESIGN)
    done = godel("compare", "d.toml", "out", "--plot", "--jobs", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Does an improved improver improve better?\n\nself and frozen differ in ")
    found = json.loads((tmp_path / "out" / "d.json").read_text())
    assert [(row["name"], row["runs"]) for row in found["conditions"]] == [(name, 2) for name in CONDITIONS]
    assert {(each["left"], each["right"], each["measure"]) for each in found["effects"]} == {
        *(("self", right, measure) for right in CONDITIONS[1:] for measure in ("held out", "imp")),
        ("self", "mutation", "imp"),
    }
    over_seed = next(gain for gain in found["conditions"][0]["gains"] if gain["measure"] == "imp")
    assert found["effects"][-1]["by_seed"] == over_seed["by_seed"], "mutation is the seed itself"
    assert (tmp_path / "out" / "d.svg").read_text().lstrip().startswith("<svg")
    check_arms(tmp_path / "out")

    files = {path: path.read_bytes() for path in sorted((tmp_path / "out").rglob(FILE))}
    again = godel("compare", "d.toml", "out", "--json", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == found
    assert files == {path: path.read_bytes() for path in files}, "what is done is not done again"

    (tmp_path / "out" / "self" / "1" / "handed-in.json").write_bytes(b"{\xff")  # then all is looked at again

    paper = godel("report", "d.toml", "out", cwd=tmp_path)
    assert paper.returncode == 0, paper.stderr
    text = (tmp_path / "out" / "report.md").read_text()
    assert text.startswith("# Does an improved improver improve better?\n\n## Answer\n\nDoes `self` gain more than ")
    assert "<svg" in (tmp_path / "out" / "report.html").read_text()

    (tmp_path / "d.toml").write_text(DESIGN.replace("calls = 10", "calls = 12"))
    other = godel("compare", "d.toml", "out", cwd=tmp_path)
    assert other.returncode == 2
    assert "launched with improve.calls = 10, and the design has 12" in complaint(other)


def test_what_is_shown_is_what_the_design_asked_for(tmp_path: Path) -> None:
    """The runs of a study may have been measured on other targets too, before or since."""
    first = DESIGN.replace('"frozen", "sham", "constants", "frozen_0"', '"independent"').replace("[1, 2]", "[1]")
    other = first.replace("micro_valley", "micro_weights")
    shown = []
    for text in (first, other, first):
        (tmp_path / "d.toml").write_text(text)
        done = godel("compare", "d.toml", "out", "--json", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        shown.append([each for each in json.loads(done.stdout)["effects"] if each["measure"] == "imp"])
    assert shown[0] == shown[2]


def check_arms(folder: Path) -> None:
    """Each is a run like any other, its champion and its seed are scored, and a walk is as long as it is to be."""
    depths = {}
    for name in CONDITIONS:
        for seed in ("1", "2"):
            with Store.open(folder / name / seed / FILE) as store:
                lineage = Lineage.of(store)
                depths[name, seed] = len(lineage.path(lineage.best or "")) - 1, len(lineage.members()) - 1
                assert {"frozen": "seed", "frozen_0": "seed"}.get(name, "self") == store.config["run"]["proposer"]
                refused = {made.rung for made in lineage.generations if made.rung}
                assert name == "constants" or "numbers only" not in refused
    for seed in ("1", "2"):
        assert depths["sham", seed][1] <= max(1, depths["self", seed][0])


def test_ctrl_c_stops_all_arms_and_the_same_command_goes_on(tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_text(DESIGN.replace("generations = 5", "generations = 100000"))
    process = start("compare", "d.toml", "out", "--jobs", "2", cwd=tmp_path)
    while process.poll() is None and len(list((tmp_path / "out").rglob(FILE))) < 2:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in told
    assert told.strip().splitlines()[-1].endswith("compare d.toml out")
    for file in (tmp_path / "out").rglob(FILE):
        with Store.open(file, writable=True):  # nobody holds it any more
            pass


def test_an_arm_that_fails_says_which_and_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_text(DESIGN.replace('"micro_knobs"', '"weak_bandit"'))
    done = godel("compare", "d.toml", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert "weak_bandit: reserved for transfer" in complaint(done)
