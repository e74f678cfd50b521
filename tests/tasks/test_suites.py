"""Named sets of tasks come from one file; a bad one gets one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from godel import tasks
from godel.tasks import TaskError
from godel.tasks.suites import suites


def test_every_suite_is_of_tasks_that_there_are() -> None:
    assert {"core", "cheap"} <= suites().keys()
    assert all({*each} <= {*tasks.names()} for each in suites().values())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("core = 5", "core: expected a list of tasks"),
        ("core = []", "core: expected a list of tasks"),
        ("core = [1]", 'such as ["maxcut"]; given: [1]'),
        ("core = [", "suites.toml: "),
    ],
)
def test_a_bad_file_gets_one_line(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "suites.toml").write_text(text)
    with pytest.raises(TaskError) as caught:
        suites(tmp_path / "suites.toml")
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_not_there_gets_one_line(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="No such file or directory"):
        suites(tmp_path / "absent.toml")
