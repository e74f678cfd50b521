"""The rules for all tests hold: no skip of a required tier, no need that a marker does not name, nobody beside a
test that needs the machine alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
WORKERS = ("-n", "2", "--dist", "loadscope", "--no-loadscope-reorder")
SKIPPING = """
import pytest

@pytest.fixture
def engine():
    pytest.skip("no engine answers")

@pytest.mark.docker
def test_skipped_by_its_fixture(engine): ...

@pytest.mark.bubblewrap
@pytest.mark.skipif(True, reason="no bwrap")
def test_skipped_by_its_mark(): ...

@pytest.mark.docker
@pytest.mark.gpu
def test_that_lacks_a_gpu():
    pytest.skip("no GPU")

@pytest.mark.docker
@pytest.mark.xfail(reason="known")
def test_known_to_fail():
    assert False

def test_of_something_else():
    pytest.skip("not a tier")
"""


def run(folder: Path, text: str, required: str, *options: str) -> str:
    shutil.copytree(HERE / "support", folder / "tests" / "support", dirs_exist_ok=True)
    shutil.copy(HERE / "conftest.py", folder / "tests")
    shutil.copy(HERE.parent / "pyproject.toml", folder)
    (folder / "torch.py").touch()
    (folder / "tests" / "test_it.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    inherited = {name: value for name, value in os.environ.items() if name != "DOCKER_HOST"}
    environment = {**inherited, "PYTHONPATH": str(HERE.parent), "GODEL_REQUIRE_TIERS": required}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    ("required", "summary"),
    [
        ("", "4 skipped, 1 xfailed in"),
        ("docker", "3 skipped, 1 xfailed, 1 error in"),
        ("docker,bubblewrap", "2 skipped, 1 xfailed, 2 errors in"),
    ],
)
@pytest.mark.parametrize(
    "options", [(), pytest.param(WORKERS, marks=pytest.mark.slow)], ids=["one process", "two workers"]
)
def test_a_skip_of_a_required_tier_is_a_failure(
    tmp_path: Path, required: str, summary: str, options: tuple[str, ...]
) -> None:
    said = run(tmp_path, SKIPPING, required, *options)
    assert re.search(rf"^{summary}", said, re.MULTILINE), said
    assert ("skipped, but required here: Skipped: no engine answers" in said) == bool(required)


@pytest.mark.parametrize(("required", "summary"), [("", "1 skipped"), ("docker", "1 error")])
def test_a_file_may_not_skip_itself_where_a_tier_is_required(tmp_path: Path, required: str, summary: str) -> None:
    said = run(tmp_path, "import pytest\npytest.importorskip('no_such_module')", required)
    assert re.search(rf"^{summary} in", said, re.MULTILINE), said


UNMARKED = """
import os, socket, subprocess, sys
import pytest

def test_a_guest():
    subprocess.run(["/bin/sh", "-c", "exec true", "/usr/bin/bwrap"], check=True)

def test_an_engine():
    with socket.socket(socket.AF_UNIX) as engine:
        engine.connect_ex("/var/run/docker.sock")

def test_the_program():
    subprocess.run([sys.executable, "-m", "godel", "--version"], check=True)

def test_torch():
    import torch

@pytest.mark.bubblewrap
def test_marked():
    subprocess.run(["/bin/sh", "-c", "exec true", "/usr/bin/bwrap"], check=True)

def test_hermetic(): ...
"""


def test_a_need_that_no_marker_names_is_a_failure(tmp_path: Path) -> None:
    said = run(tmp_path, UNMARKED, "")
    assert re.findall(r"^E +Failed: it uses ([\w ]+):", said, re.MULTILINE) == [
        "bwrap",
        "the engine",
        "the program",
        "torch",
    ], said
    assert re.search(r"^6 passed, 4 errors in", said, re.MULTILINE), said


def test_quick_leaves_out_what_needs_more(tmp_path: Path) -> None:
    said = run(tmp_path, UNMARKED + "def test_path(): subprocess.run('bwrap', check=True)", "", "--quick")
    assert re.search(r"^1 failed, 5 passed, 1 deselected, 5 errors in", said, re.MULTILINE), said


ALONE = """
import os, pathlib, time
import pytest

HERE = pathlib.Path(__file__).parent

def others():
    return len(list(HERE.glob("in-*")))

@pytest.fixture
def inside():
    mark = HERE / f"in-{os.getpid()}"
    mark.touch()
    yield
    mark.unlink()

@pytest.mark.parametrize("number", range(40))
def test_among_others(inside, number):
    time.sleep(0.01)

@pytest.mark.alone
@pytest.mark.parametrize("number", range(10))
def test_alone(inside, number):
    for _ in range(5):
        assert others() == 1
        time.sleep(0.01)
"""


@pytest.mark.slow
@pytest.mark.parametrize("mark", ["", "@pytest.mark.alone"])
def test_nobody_is_beside_a_test_that_is_alone(tmp_path: Path, mark: str) -> None:
    """And without its mark there is somebody: the two files go to two workers."""
    text = ALONE.replace("@pytest.mark.alone", mark)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_other.py").write_text(text)
    said = run(tmp_path, text, "", *WORKERS)
    assert re.search(r"^100 passed in" if mark else r"failed", said, re.MULTILINE), said


GROUPED = """
import os
from pathlib import Path
import pytest

@pytest.fixture(scope="module")
def costly(tmp_path_factory):
    (Path(__file__).parent / f"{Path(__file__).stem}-{os.getpid()}").touch()

@pytest.mark.parametrize("number", range(20))
def test_with_what_the_file_shares(costly, number): ...
"""


@pytest.mark.slow
def test_the_tests_of_a_file_share_a_worker_and_the_longest_file_is_begun_first(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    for name in ("a", "b", "z"):
        marked = "pytestmark = pytest.mark.slow\n" if name == "z" else ""
        (tmp_path / "tests" / f"test_{name}.py").write_text(GROUPED + marked)
    said = run(tmp_path, "", "", "-vv", *WORKERS)
    assert re.search(r"^=+ 60 passed in", said, re.MULTILINE), said
    made = [path.name.rpartition("-")[0] for path in (tmp_path / "tests").glob("test_?-*")]
    assert sorted(made) == ["test_a", "test_b", "test_z"]
    passed = re.findall(r"^\[(gw\d)\] .*PASSED tests/(test_\w)\.py", said, re.MULTILINE)
    begun: dict[str, str] = dict(reversed(passed))
    assert "test_z" in begun.values(), said
