"""A folder of a stranger's is read, hashed and recorded: nothing of it may lead to what is not in it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from godel.errors import ScaffoldError
from godel.scaffold import FOLDER
from godel.scaffold import load as scaffold
from godel.tasks import HERE, TaskError, load


@pytest.fixture
def task(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HERE / "maxcut", tmp_path / "task"))


@pytest.mark.parametrize(
    "place", ["task.toml", "driver.py", "judge.py", "more.py", "initial/main.py", "description.md", "initial/more.py"]
)
def test_a_link_out_of_a_task_is_refused(task: Path, tmp_path: Path, place: str) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes((task / place).read_bytes() if (task / place).exists() else b"KEY = 'secret'\n")
    (task / place).unlink(missing_ok=True)
    (task / place).symlink_to(secret)
    with pytest.raises(TaskError, match="leads out of the task's folder"):
        load(task)


def test_a_folder_that_lies_elsewhere_is_refused(task: Path, tmp_path: Path) -> None:
    (task / "initial").rename(tmp_path / "elsewhere")
    (task / "initial").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TaskError, match="initial: a link that leads out"):
        load(task)


def test_links_inside_a_task_and_to_a_task_are_followed(task: Path, tmp_path: Path) -> None:
    (task / "driver.py").rename(task / "real.txt")
    (task / "driver.py").symlink_to("real.txt")
    (tmp_path / "linked").symlink_to(task)
    assert load(tmp_path / "linked").driver == load("maxcut").driver


def test_links_in_a_circle_and_pipes_are_refused(task: Path) -> None:
    (task / "more.py").symlink_to("more.py")
    with pytest.raises(TaskError, match=r"circle|loop|levels"):
        load(task)
    (task / "more.py").unlink()
    os.mkfifo(task / "more.py")
    with pytest.raises(TaskError, match="expected a file"):
        load(task)


def test_a_scaffolds_file_is_a_file_in_its_folder(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FOLDER / "mutation", tmp_path / "mine"))
    (folder / "tree.py").rename(tmp_path / "tree.py")
    (folder / "tree.py").symlink_to(tmp_path / "tree.py")
    with pytest.raises(ScaffoldError, match="outside"):
        scaffold(str(folder))
    (folder / "tree.py").unlink()
    os.mkfifo(folder / "tree.py")
    with pytest.raises(ScaffoldError, match="expected a file"):
        scaffold(str(folder))
