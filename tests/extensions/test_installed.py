"""A scaffold and a tier of installed packages: listed with where they come from, and used in a real run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command import ROOT, complaint, godel
from runs import SMALL, tier_or_skip

from godel.lineage.store import Store
from godel.loop.run_folder import FILE

HERE = Path(__file__).parent
pytestmark = [pytest.mark.bubblewrap, pytest.mark.program]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a run is, by the scaffold of one package, in guests of the tier of another; both lie in `site`."""
    tier_or_skip("bubblewrap")
    folder, sources = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("sources")
    for name in ("walker", "counted"):
        shutil.copytree(HERE / name, sources / name)
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--quiet", "--target", str(folder / "site")]
    command = [sys.executable, "-m", "pip", "install", *options, *map(str, sorted(sources.iterdir()))]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    run = ("launch", "run", "--scaffold", "walker", "--sandbox", "counted", "--task", "online_bin_packing")
    settings = (*SMALL, "secret=tests", "generations=3", "acceptance=any")
    done = godel(*run, *settings, "--no-report", "-q", cwd=folder, **packages(folder))
    assert done.returncode == 0, done.stderr
    return folder


def packages(home: Path) -> dict[str, str]:
    return {"PYTHONPATH": f"{ROOT}:{home / 'site'}", "COUNTED": str(home / "guests.txt")}


def test_the_scaffold_is_listed_with_its_origin_and_shown(home: Path) -> None:
    listed = json.loads(godel("scaffolds", "list", "--json", cwd=home, **packages(home)).stdout)
    assert {each["name"]: each["origin"] for each in listed}["walker"] == "example-walker 1.0"
    assert "walker [example-walker 1.0]" in godel("scaffolds", "list", cwd=home, COLUMNS="200", **packages(home)).stdout
    assert "Walks at random" in godel("scaffolds", "show", "walker", cwd=home, **packages(home)).stdout


def test_the_scaffold_makes_children(home: Path) -> None:
    with Store.open(home / "run" / FILE) as store:
        store.verify()
        made = store.generations()
        assert store.config["scaffold"]["name"] == "walker"
    assert {edit.operator for each in made for edit in each.edits} == {"move"}
    assert any(each.kept for each in made[1:]), [each.reason for each in made]


def test_the_tier_is_listed_with_its_origin(home: Path) -> None:
    listed = json.loads(godel("settings", "--json", cwd=home, **packages(home)).stdout)["policies"]["sandbox"]
    assert [(each["name"], each["origin"]) for each in listed][-1] == ("counted", "example-counted 1.0")
    assert listed[-1]["help"] == "bubblewrap, with each guest counted."
    unknown = godel("launch", "--task", "maxcut", "--sandbox", "conted", cwd=home, **packages(home))
    assert unknown.returncode == 2 and "did you mean counted?" in complaint(unknown)


def test_the_tier_holds_the_guests(home: Path) -> None:
    with Store.open(home / "run" / FILE) as store:
        assert store.config["run"]["sandbox"] == "counted"
        assert {each.tier for each in store.evaluations()} == {"counted"}
    assert {"scaffold", "candidate", "judge"} <= set((home / "guests.txt").read_text().split())


def test_whoever_made_it_goes_on_and_without_the_package_is_told(home: Path) -> None:
    further = ("resume", "run", "--generations", "4", "--no-report", "-q")
    away = godel(*further, cwd=home)
    assert away.returncode == 2 and "unknown sandbox tier 'counted'" in complaint(away)
    assert godel(*further, cwd=home, **packages(home)).returncode == 0


def test_the_doctor_tries_to_break_out_of_it(home: Path) -> None:
    examined = godel("sandbox", "doctor", "--sandbox", "counted", "--json", "-q", cwd=home, **packages(home))
    assert json.loads(examined.stdout)["counted"]["findings"], examined.stderr
