"""Orders and results are plain data: workers in other interpreters give the archive that threads give."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import godel
from runs import SMALL

from godel.lineage.store import Store
from godel.loop.run_folder import FILE

HERE = Path(__file__).parent
pytestmark = [pytest.mark.bubblewrap, pytest.mark.program]
RUN = ["--task", "online_bin_packing", "--sandbox", "bubblewrap", "--generations", "4", "--acceptance", "strict"]


def launched(folder: Path, *settings: str) -> Path:
    given = ["launch", "run", *RUN, *SMALL, "secret=tests", *settings]
    done = godel(*given, cwd=folder, PYTHONPATH=str(HERE / "interpreters"))
    assert done.returncode == 0, done.stderr
    return folder / "run"


def found(folder: Path) -> list[object]:
    """All that a run found, without what it cost."""
    with Store.open(folder / FILE) as store:
        store.verify()
        made = [vars(each) | {"spend": None} for each in store.generations()]
        scores = [vars(each) | {"spend": None} for each in store.evaluations()]
        return [made, sorted(scores, key=str), sorted(map(str, store.baselines()))]


def test_other_interpreters_make_the_same_archive(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    there = launched(tmp_path / "there", "executor=interpreters:Interpreters")
    assert found(there) == found(launched(tmp_path / "here"))
    with Store.open(there / FILE) as store:
        assert len(store.generations()) == 5
