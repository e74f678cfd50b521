"""conftest.py's promise: where CI requires a tier, no test of it gets by with a skip."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
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


def run(folder: Path, text: str, required: str) -> str:
    shutil.copy(HERE / "conftest.py", folder)
    shutil.copy(HERE.parent / "pyproject.toml", folder)
    (folder / "test_it.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "."]
    environment = {**os.environ, "GODEL_REQUIRE_TIERS": required}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    ("required", "summary"),
    [
        ("", "4 skipped, 1 xfailed in"),
        ("docker", "3 skipped, 1 xfailed, 1 error in"),
        ("docker,bubblewrap", "2 skipped, 1 xfailed, 2 errors in"),
    ],
)
def test_a_skip_of_a_required_tier_is_a_failure(tmp_path: Path, required: str, summary: str) -> None:
    said = run(tmp_path, SKIPPING, required)
    assert re.search(rf"^{summary}", said, re.MULTILINE), said
    assert ("skipped, but required here: Skipped: no engine answers" in said) == bool(required)


@pytest.mark.parametrize(("required", "summary"), [("", "1 skipped"), ("docker", "1 error")])
def test_a_file_may_not_skip_itself_where_a_tier_is_required(tmp_path: Path, required: str, summary: str) -> None:
    said = run(tmp_path, "import pytest\npytest.importorskip('no_such_module')", required)
    assert re.search(rf"^{summary} in", said, re.MULTILINE), said
