"""A run that was made on one tier, looked at on another: compared all the same, and said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from command import ROOT, complaint, godel
from made import generation
from runs import SMALL, tier_or_skip

from godel.cli.places import Place, difference, moved, recorded
from godel.contract import Program
from godel.lineage import Evaluation, Split, Status, Transcript
from godel.lineage.store import Store
from godel.loop.run_folder import FILE

DOCKER, WRAP = Place("docker", "sha256:" + "a" * 64), Place("bubblewrap", "b" * 64)


def test_another_tier_is_said_by_its_name() -> None:
    line = difference([DOCKER, DOCKER], WRAP, "replayed")
    assert line == "recorded on docker, replayed on bubblewrap; scores are compared all the same"


def test_another_image_is_said_by_its_digest() -> None:
    line = difference([DOCKER], Place("docker", "sha256:" + "c" * 64), "goes on")
    assert line.startswith(f"recorded on docker {'a' * 12}, goes on on docker {'c' * 12};")


def test_the_same_place_and_one_that_was_not_recorded_are_not_said() -> None:
    assert difference([DOCKER, Place("", "")], DOCKER, "replayed") == ""
    assert difference([], WRAP, "replayed") == ""


def test_a_runtime_stays_behind_when_docker_is_left() -> None:
    assert moved(None) == {}
    assert moved("bubblewrap") == {"sandbox": "bubblewrap", "runtime": ""}
    assert moved("docker") == {"sandbox": "docker"}


def test_where_a_node_was_scored(tmp_path: Path) -> None:
    tree = Program({"main.py": ""}, "main.py")
    key = tree.digest
    scores = [
        Evaluation(key, "maxcut", "v", Split.SEARCH, seed, 0.0, 1.0, None, "p", tier="docker", image=DOCKER.image)
        for seed in range(2)
    ]
    with Store.create(tmp_path / FILE, {}) as store:
        store.record(generation(0, None, key, None, Status.SEED), tree, scores, Transcript())
        assert recorded(store, key) == [DOCKER]
        assert recorded(store, None) == []


TINY = """
[presets.tiny]
uniform = 2
uniform_items = 50
weibull = 2
weibull_items = 50
cuts = 2
[presets.tiny.limits]
cpu_s = 0.5
"""


@pytest.mark.bubblewrap
def test_a_replay_on_the_runs_own_tier_says_nothing_and_a_preset_sizes_a_task_of_today(tmp_path: Path) -> None:
    tier_or_skip("bubblewrap")
    task = Path(shutil.copytree(ROOT / "tasks" / "online_bin_packing", tmp_path / "packing"))
    with (task / "task.toml").open("a") as manifest:
        manifest.write(TINY)
    made = ("run", "--task", "packing", "--sandbox", "bubblewrap", "--generations", "1", "--no-report")
    assert godel("launch", *made, *SMALL, cwd=tmp_path).returncode == 0
    assert "recorded on" not in godel("replay", "run", "seed", cwd=tmp_path).stdout
    today = ("--task", "packing", "--preset", "tiny", "--seeds", "1", "--sandbox", "bubblewrap", "--json")
    (found,) = json.loads(godel("replay", "run", "seed", *today, cwd=tmp_path).stdout)
    assert (found["tier"], found["limits"]["cpu_s"]) == ("bubblewrap", 0.5)


@pytest.mark.docker
@pytest.mark.bubblewrap
def test_a_run_on_docker_is_replayed_and_gone_on_with_on_bubblewrap(tmp_path: Path) -> None:
    tier_or_skip("docker")
    tier_or_skip("bubblewrap")
    task = ("--task", "online_bin_packing", "--no-report")
    assert (
        godel("launch", "run", "--sandbox", "docker", "--generations", "1", *task, *SMALL, cwd=tmp_path).returncode == 0
    )
    replayed = godel("replay", "run", "all", "--verify", "--sandbox", "bubblewrap", cwd=tmp_path)
    assert replayed.returncode == 0, replayed.stdout
    assert "recorded on docker, replayed on bubblewrap; scores are compared" in replayed.stdout
    found = json.loads(godel("replay", "run", "seed", "--sandbox", "bubblewrap", "--json", cwd=tmp_path).stdout)[0]
    assert [place["tier"] for place in found["recorded_on"]] == ["docker"]
    assert found["replayed_on"]["tier"] == "bubblewrap"

    resumed = godel("resume", "run", "--sandbox", "bubblewrap", "--generations", "2", "--no-report", cwd=tmp_path)
    assert resumed.returncode == 0, complaint(resumed)
    assert "recorded on docker, goes on on bubblewrap" in resumed.stderr
    assert json.loads(godel("status", "run", "--json", cwd=tmp_path).stdout)["tier"] == "bubblewrap"
    again = godel("resume", "run", "--generations", "3", "--no-report", cwd=tmp_path)  # stays where it went to
    assert again.returncode == 0 and "goes on on bubblewrap" in again.stderr
