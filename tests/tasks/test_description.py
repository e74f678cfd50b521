"""What a scaffold reads of a task names every limit and size that it is judged with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from godel.contract.limits import READ_CHARACTERS
from godel.tasks import HERE, load, names
from godel.tasks.judging.expressions import OF_ONE, OF_SEVERAL
from godel.tasks.manifest import read

PRESETS = [(name, preset) for name in names() for preset in read(HERE / name / "task.toml").presets]


@pytest.mark.parametrize(("name", "preset"), PRESETS)
def test_limits_and_sizes_are_those_of_manifest_and_preset(name: str, preset: str) -> None:
    task, text = load(name, preset), load(name, preset).description
    if task.judged_by == "reading":
        assert "The program is never run" in text and f"{READ_CHARACTERS} characters" in text
        assert all(f"`{name}`" in text for name in (*OF_ONE, *OF_SEVERAL))
    else:
        assert f"{task.cpu_s:g} s of CPU time and {task.wall_s:g} s by the wall clock" in text
        assert f"{task.memory_bytes >> 20} MiB of memory" in text
        assert "numpy" in text and ("torch" in text) == ("torch" in task.preload)
    assert "the score is then -1" in text
    for key, value in task.preset.items():
        assert f" {key} {value}" in text


@pytest.mark.parametrize("name", names())
def test_what_a_size_means_is_said(name: str) -> None:
    """Each name of a size stands in the text that people write, or says by itself what it is."""
    said = (HERE / name / "description.md").read_text()
    plain = {"device", "seconds", "grace_s", "circles"}
    for preset in read(HERE / name / "task.toml").presets:
        assert not [key for key in load(name, preset).preset if f"`{key}`" not in said and key not in plain]


@pytest.mark.parametrize("name", names())
def test_no_description_states_a_limit_of_its_own(name: str) -> None:
    """It would be that of one preset."""
    assert not re.search(r"\b\d+(\.\d+)? (s|seconds|MiB)\b", (HERE / name / "description.md").read_text())


def test_a_strangers_task_is_described_too(tmp_path: Path) -> None:
    folder = tmp_path / "maxcut"
    folder.symlink_to(HERE / "maxcut")
    assert "## Limits" in load(folder, "large").description
    assert "20 s of CPU time" in load(folder, "large").description
