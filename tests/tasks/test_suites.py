"""Named sets of tasks come from one file; a bad one gets one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from godel import tasks
from godel.tasks import TaskError
from godel.tasks.suites import RESERVED, suites, to_search


def test_every_suite_is_of_tasks_that_there_are() -> None:
    assert {"core", "cheap", "micro", "weak_improver", "weak_improver:reserved"} <= suites().keys()
    assert all({*each} <= {*tasks.names()} for each in suites().values())


def test_what_is_reserved_is_so_by_suite_and_by_manifest() -> None:
    by_suite = {task for name, each in suites().items() if name.endswith(RESERVED) for task in each}
    assert by_suite == {name for name in tasks.names() if tasks.load(name).reserved} and len(by_suite) >= 4
    assert not by_suite & {task for name in to_search() for task in suites()[name]}
    assert not any(name.endswith(RESERVED) for name in to_search())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('mine = ["a", "b"]\n"x:reserved" = ["b", "c"]', "mine: reserved for transfer: b; expected other tasks"),
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
