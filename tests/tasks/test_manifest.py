"""A task folder becomes a Task, or one line that names the file and the key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from godel.tasks import CEILING, FLOOR, HERE, Task, TaskError, load, names

SHIPPED = ["circle_packing_26", "learning_parity_with_noise", "maxcut", "online_bin_packing"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HERE / "maxcut", tmp_path / "mine"))


def edit(folder: Path, before: str, after: str) -> None:
    manifest = folder / "task.toml"
    text = manifest.read_text("utf-8")
    assert before in text
    manifest.write_text(text.replace(before, after, 1), "utf-8")


def refusal(folder: Path, preset: str | None = None) -> str:
    with pytest.raises(TaskError) as error:
        load(folder, preset)
    text = str(error.value)
    assert "\n" not in text
    return text


def test_the_shipped_tasks_load() -> None:
    assert set(SHIPPED) <= set(names())
    for name in SHIPPED:
        task = load(name)
        assert task.name == name and task.description.startswith("# ") and "judge.py" in task.judge_files
        assert task.initial.entry == task.reference.entry == "main.py"


def test_presets_change_numbers_and_limits() -> None:
    small, large = load("maxcut"), load("maxcut", "large")
    assert (small.preset_name, small.cpu_s) == ("small", 1.0)
    assert large.cpu_s == 20.0 and large.memory_bytes == small.memory_bytes == 256 << 20
    assert "limits" not in large.preset and "gpu" not in large.preset
    assert small.version != large.version


def test_an_unknown_name_gives_the_nearest() -> None:
    with pytest.raises(TaskError, match=r"no task 'maxcutt'.*nearest: maxcut"):
        load("maxcutt")
    with pytest.raises(TaskError, match="no preset 'huge'; it has small, large"):
        load("maxcut", "huge")


def test_an_unknown_key_names_file_and_key(folder: Path) -> None:
    edit(folder, "cpu_s", "cpu_sec")
    text = refusal(folder)
    assert str(folder / "task.toml") in text
    assert "limits.cpu_sec: unknown key (nearest: cpu_s)" in text and "limits.cpu_s: Field required" in text


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ('direction = "max"', 'direction = "up"', "direction"),
        ("cpu_s = 1.0", "cpu_s = -1", "limits.cpu_s"),
        ("cpu_s = 1.0", 'cpu_s = "1"', "limits.cpu_s"),
        ("stage = 0", "stage = 2", "stage"),
        ("steps = 600", "steps = [600]", "presets.small.steps"),
        ('default_preset = "small"', 'default_preset = "tiny"', "default_preset"),
        ("[limits]", "[limits", "line"),
    ],
)
def test_a_wrong_value_names_its_key(folder: Path, before: str, after: str, key: str) -> None:
    edit(folder, before, after)
    assert key in refusal(folder)


@pytest.mark.parametrize("part", ["judge.py", "driver.py", "description.md", "initial/main.py", "reference/main.py"])
def test_a_missing_file_is_named(folder: Path, part: str) -> None:
    (folder / part).unlink()
    assert str(folder / part) in refusal(folder)


def test_bytes_that_are_no_text_are_refused(folder: Path) -> None:
    (folder / "driver.py").write_bytes(b"\xff\xfe")
    assert "driver.py" in refusal(folder)


def test_the_version_follows_every_file_and_not_the_place(folder: Path) -> None:
    assert load(folder).version == load("maxcut").version
    (folder / "search.py").write_text((folder / "search.py").read_text("utf-8") + "\n", "utf-8")
    assert load(folder).version != load("maxcut").version


def scaled(task: Task, **changes: object) -> Task:
    return Task(**{**vars(task), **changes})


def test_scores_are_0_at_the_start_and_1_at_the_reference() -> None:
    task = load("maxcut")
    assert task.normalise(0.4, 0.4, 0.9) == 0 and task.normalise(0.9, 0.4, 0.9) == 1
    assert task.normalise(1.0, 0.4, 0.9) == pytest.approx(1.2)
    assert task.normalise(-5.0, 0.4, 0.9) == task.normalise(None, 0.4, 0.9) == FLOOR


def test_a_logarithmic_score_counts_factors() -> None:
    task = load("online_bin_packing")
    assert task.normalise(5.0, 10.0, 5.0) == 1
    assert task.normalise(2.5, 10.0, 5.0) == pytest.approx(2)
    assert task.normalise(30.0, 10.0, 5.0) == FLOOR
    assert 20 < task.normalise(0.0, 10.0, 5.0) < 100


def test_a_reference_that_is_no_better_is_our_failure() -> None:
    task = load("maxcut")
    with pytest.raises(TaskError, match="no better than the start"):
        task.normalise(0.5, 0.9, 0.9)
    with pytest.raises(TaskError, match="no better than the start"):
        scaled(task, direction="min").normalise(0.5, 0.4, 0.9)


def test_a_score_has_an_end_that_can_be_added_up() -> None:
    task = load("maxcut")
    assert task.normalise(1e308, 0.0, 1.0) == task.normalise(1e200, 0.0, 1.0) == CEILING
    assert task.normalise(1e308, 0.0, 1e-300) == FLOOR  # not even a number
