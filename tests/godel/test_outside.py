"""What comes from outside fails by its own name, in one line, and the run goes on once it is mended."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command import ROOT, complaint, godel
from runs import SMALL, tier_or_skip

from godel.lineage.store import Store
from godel.loop.run_folder import FILE

ODD = ROOT / "tests" / "support" / "odd"
WITH_ODD = f"{ROOT}:{ODD}"
FAULT = "that is its own fault, and not the laboratory's: mend it, or choose another"
SETTINGS = (
    "selection=odd_here:Selection",
    "acceptance=odd_here:Acceptance",
    "pruning=odd_here:Pruning",
    "gate=['odd_here:Rung']",
    "executor=odd_here:Starts",
    "generations=2",
    "workers=1",
    "secret=tests",
)
FURTHER = ("resume", "run", "--generations", "3", "-q", "--no-report")
pytestmark = [pytest.mark.bubblewrap, pytest.mark.program]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `run` is, with two generations, and with all that can come from outside."""
    tier_or_skip("bubblewrap")
    folder = tmp_path_factory.mktemp("home")
    run = ("launch", "run", "--task", "online_bin_packing", "--sandbox", "bubblewrap", "-q", "--no-report")
    done = godel(*run, *SMALL, *SETTINGS, cwd=folder, PYTHONPATH=WITH_ODD)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize(
    ("odd", "says"),
    [
        ("selection:exits", "the selection 'odd_here:Selection' raised SystemExit: 0 ("),
        ("selection:raises", "the selection 'odd_here:Selection' raised LookupError: nothing here ("),
        (
            "selection:number",
            "the selection 'odd_here:Selection' answered 5; expected Expand or Evaluate of members of",
        ),
        ("selection:unprintable", "the selection 'odd_here:Selection' raised RuntimeError: it has no name ("),
        ("acceptance:raises", "the acceptance 'odd_here:Acceptance' raised LookupError: nothing here ("),
        (
            "acceptance:nothing",
            "the acceptance 'odd_here:Acceptance' answered None; expected Decision(verdict, reason)",
        ),
        ("pruning:exits", "the pruning 'odd_here:Pruning' raised SystemExit: 0 ("),
        ("pruning:number", "the pruning 'odd_here:Pruning' answered 5; expected why scoring stops here, as text"),
        ("name:number", "the gate rung 'odd_here:Rung' answered 5; expected a name, as text of at most 100 characters"),
        ("gate rung:interrupts", "the gate rung 'odd_here:Rung' raised OSError: [Errno 28] No space left on device ("),
        ("gate rung:nothing", "the gate rung 'odd_here:Rung' answered None; expected why the child may not pass, as"),
        ("start:nothing", "the executor 'odd_here:Starts' answered None; expected an executor: an object with submit,"),
        ("start:exits", "the executor 'odd_here:Starts' raised SystemExit: 0 ("),
        ("submit:raises", "the executor 'odd_here:Starts' raised LookupError: nothing here ("),
        ("next:raises", "the executor 'odd_here:Starts' raised LookupError: nothing here ("),
        ("next:number", "the executor 'odd_here:Starts' answered 5; expected Done, Failed or Waiting"),
    ],
)
def test_it_is_named_and_the_run_stays_as_it_was(home: Path, odd: str, says: str) -> None:
    failed = godel(*FURTHER, cwd=home, PYTHONPATH=WITH_ODD, ODD=odd)
    assert failed.returncode == 2, failed.stderr
    line = complaint(failed)
    assert line.startswith(f"godel: {says}") and FAULT in line, line
    assert f"({ODD}/odd_here.py:" in line
    assert "to go on: " in line and "resume run" in line
    assert failed.stderr.count("\n") == 1
    with Store.open(home / "run" / FILE) as store:
        store.verify()
        assert len(store.generations()) == 3


def test_it_goes_on_once_all_that_is_mended(home: Path, tmp_path: Path) -> None:
    """The executor's own end fails, once its work is recorded: nothing of that is lost."""
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    failed = godel(*FURTHER, cwd=tmp_path, PYTHONPATH=WITH_ODD, ODD="close:exits")
    assert failed.returncode == 2 and "raised SystemExit: 0 (" in complaint(failed), failed.stderr
    mended = godel(*FURTHER, cwd=tmp_path, PYTHONPATH=WITH_ODD)
    assert mended.returncode == 0, mended.stderr
    with Store.open(tmp_path / "run" / FILE) as store:
        store.verify()
        assert len(store.generations()) == 4


@pytest.mark.parametrize(
    ("exporter", "odd", "says"),
    [
        ("exporter", "exporter:raises", "the format 'odd_here:exporter' raised LookupError: nothing here ("),
        ("exporter", "exporter:exits", "the format 'odd_here:exporter' raised SystemExit: 0 ("),
        (
            "exporter",
            "exporter:number",
            "the format 'odd_here:exporter' raised TypeError: 'int' object is not iterable",
        ),
        ("exporter", "exporter:nothing", "the format 'odd_here:exporter' raised TypeError: 'NoneType' object is not"),
        ("exporter", "piece:number", "the format 'odd_here:exporter' answered 5; expected text, or pieces of it"),
        ("by_pieces", "piece:interrupts", "the format 'odd_here:by_pieces' raised OSError: [Errno 28] No space left"),
        ("by_pieces", "piece:number", "the format 'odd_here:by_pieces' answered 5; expected text, or pieces of it"),
    ],
)
def test_an_exporter_is_named_and_leaves_no_file(home: Path, exporter: str, odd: str, says: str) -> None:
    form = ("lineage", "export", "run", "--format", f"odd_here:{exporter}")
    failed = godel(*form, "--output", "out.txt", cwd=home, PYTHONPATH=WITH_ODD, ODD=odd)
    assert failed.returncode == 2 and complaint(failed).startswith(f"godel: {says}"), failed.stderr
    assert f"({ODD}/odd_here.py:" in complaint(failed)
    assert not (home / "out.txt").exists()
    assert godel(*form, cwd=home, PYTHONPATH=WITH_ODD).stdout == "a line\nanother\n"


@pytest.mark.parametrize(
    ("odd", "says"),
    [
        ("made:exits", "raised SystemExit: 0 ("),
        ("missing:raises", "raised LookupError: nothing here ("),
        ("missing:number", "answered 5; expected why it can't be used here, as text, or None ("),
        ("identity:nothing", "answered None; expected what ran, as text ("),
        ("guest:nothing", "answered None; expected a guest, which has send ("),
        ("guest:exits", "raised SystemExit: 0 ("),
    ],
)
def test_a_tier_is_named(tmp_path: Path, odd: str, says: str) -> None:
    run = ("launch", "run", "--task", "online_bin_packing", "--sandbox", "odd", "-q", *SMALL)
    failed = godel(*run, cwd=tmp_path, PYTHONPATH=WITH_ODD, ODD=odd)
    assert failed.returncode == 2, failed.stderr
    line = complaint(failed)
    assert line.startswith(f"godel: the sandbox tier 'odd' of odd 1 {says}{ODD}/odd_here.py:"), line
    assert FAULT in line and failed.stderr.count("\n") == 1
    assert (tmp_path / "run").exists() == ("to go on: " in line)


def test_what_a_package_registers_is_called_by_its_name(home: Path) -> None:
    form = ("lineage", "export", "run", "--format", "odd")
    failed = godel(*form, cwd=home, PYTHONPATH=WITH_ODD, ODD="exporter:raises")
    assert complaint(failed).startswith("godel: the format 'odd' of odd 1 raised LookupError: nothing here (")


def test_the_traceback_is_there_for_whoever_asks(home: Path) -> None:
    form = ("lineage", "export", "run", "--format", "odd_here:exporter")
    failed = godel(*form, cwd=home, PYTHONPATH=WITH_ODD, ODD="exporter:raises", GODEL_TRACEBACK="1")
    assert failed.returncode == 2 and 'raise LookupError("nothing\\nhere")' in failed.stderr
