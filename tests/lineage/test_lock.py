"""Who writes to a run is found by the file's device and inode, on real file systems."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from godel.lineage.store.lock import WriterLock, writer

ROOT = Path(__file__).parents[2]
TWINS = """
import pathlib, sys
from godel.lineage.store.lock import WriterLock, writer

first, second = (pathlib.Path(each) / "run" for each in sys.argv[1:])
held = WriterLock(first)
WriterLock(second).release()
inodes = [each.with_name("run.lock").stat().st_ino for each in (first, second)]
assert inodes[0] == inodes[1], inodes
print(writer(first) is not None, writer(second))
"""

HELD = """
import pathlib, sys
from godel.lineage.store.lock import WriterLock, writer

path = pathlib.Path(sys.argv[1]) / "run"
held = WriterLock(path)
print(writer(path) is not None)
"""


def mounted(*commands: str) -> list[str]:
    """A command line that runs another in a mount namespace of its own, after `commands`."""
    return ["unshare", "--mount", "--map-root-user", "sh", "-c", " && ".join([*commands, 'exec "$@"']), "-"]


def needs(prefix: list[str]) -> None:
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount file systems")


def python(prefix: list[str], program: str, *arguments: Path) -> str:
    command = [*prefix, sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_locked_file_with_the_same_inode_on_another_file_system_is_another(tmp_path: Path) -> None:
    """Two new file systems count their inodes from the same number."""
    places = [tmp_path / "a", tmp_path / "b"]
    for place in places:
        place.mkdir()
    prefix = mounted(*(f"mount -t tmpfs tmpfs {place}" for place in places))
    needs(prefix)
    assert python(prefix, TWINS, *places) == "True None"


def test_a_writer_on_an_overlay_is_found(tmp_path: Path) -> None:
    """There stat(2) may name another device than the kernel's list of locks."""
    for name in ("lower", "merged"):
        (tmp_path / name).mkdir()
    lower = tmp_path / "lower"
    prefix = mounted(
        f"mount -t tmpfs tmpfs {lower}",
        f"mkdir {lower}/l {lower}/u {lower}/w",
        f"mount -t overlay overlay -o lowerdir={lower}/l,upperdir={lower}/u,workdir={lower}/w {tmp_path}/merged",
    )
    needs(prefix)
    assert python(prefix, HELD, tmp_path / "merged") == "True"


def test_a_writer_is_found_while_it_writes(tmp_path: Path) -> None:
    path = tmp_path / "run"
    assert writer(path) is None
    held = WriterLock(path)
    assert writer(path) == os.getpid()
    held.release()
    assert writer(path) is None
