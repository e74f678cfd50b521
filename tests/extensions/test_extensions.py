"""What others can add without touching the laboratory: each a package of its own, used as its user would, in one
real run, in whose lineage all of them show."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command import ROOT, complaint, godel
from runs import tier_or_skip

from godel.lineage import Outcome
from godel.lineage.store import Store
from godel.loop.run_folder import FILE

HERE = Path(__file__).parent
MODULES = ("boltzmann", "margin", "worst_pair", "brevity")
pytestmark = [pytest.mark.bubblewrap, pytest.mark.program]
SETTINGS = (
    "selection=boltzmann:Boltzmann",
    "options.selection.temperature=0.2",
    "acceptance=margin:Margin",
    "options.acceptance.margin=0.2",
    "pruning=worst_pair:WorstPair",
    "gate=['brevity:Brevity']",
    "improve.calls=6",
    "scoring.search_seeds=2",
    "scoring.held_out_seeds=1",
    "secret=tests",
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """PYTHONPATH of a user who has installed two packages, and has four modules lying about."""
    site = tmp_path_factory.mktemp("site")
    sources = tmp_path_factory.mktemp("sources")
    for name in ("parabola", "table"):
        shutil.copytree(HERE / name, sources / name)
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--quiet", "--target", str(site)]
    command = [sys.executable, "-m", "pip", "install", *options, *map(str, sorted(sources.iterdir()))]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    return ":".join([str(ROOT), str(site), *(str(HERE / name) for name in MODULES)])


@pytest.fixture(scope="module")
def scaffold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mutation scaffold with one more operator: its folder copied, a file added and imported."""
    folder = tmp_path_factory.mktemp("scaffolds") / "nudging"
    shutil.copytree(ROOT / "scaffolds" / "mutation", folder)
    shutil.copy(HERE / "nudge" / "nudge.py", folder)
    for file, before, after in (
        ("main.py", "from mutate import mutate\n", "import nudge  # noqa: F401\nfrom mutate import mutate\n"),
        ("scaffold.toml", '"mutate.py", ', '"mutate.py", "nudge.py", '),
        ("scaffold.toml", 'name = "mutation"', 'name = "nudging"'),
    ):
        text = (folder / file).read_text()
        assert before in text
        (folder / file).write_text(text.replace(before, after))
    return folder


@pytest.fixture(scope="module")
def home(path: str, scaffold: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runs are: `run` with everything, `gated` with a rung that refuses every child, `pruned` with a rule
    that stops at any pair."""
    tier_or_skip("bubblewrap")
    folder = tmp_path_factory.mktemp("home")
    for name, count, more in (
        ("run", "6", ("options.gate.most_new_lines=0", "options.pruning.floor=-0.1")),
        ("gated", "2", ("options.gate.most_new_lines=-1", "options.pruning.floor=-0.1")),
        ("pruned", "2", ("options.gate.most_new_lines=9", "options.pruning.floor=0.5")),
    ):
        given = ("--task", "parabola", "--scaffold", str(scaffold), "--sandbox", "bubblewrap", "--seed", "1")
        settings = (*SETTINGS, *more, "--generations", count, "--no-report", "-q")
        done = godel("launch", name, *given, *settings, cwd=folder, PYTHONPATH=path)
        assert done.returncode == 0, done.stderr
    return folder


def test_policies_and_the_operator_show_in_the_lineage(home: Path) -> None:
    with Store.open(home / "run" / FILE) as store:
        made = store.generations()[1:]
        run = store.config["run"]
    rulings = [ruling for each in made for ruling in each.rulings]
    assert {ruling.by for ruling in rulings} <= {"acceptance:margin:Margin", "pruning:worst_pair:WorstPair"}
    judged = [ruling for ruling in rulings if ruling.by.startswith("acceptance")]
    assert judged and all(ruling.reason.startswith("the worst pair: ") for ruling in judged)
    assert "nudge" in {edit.operator for each in made for edit in each.edits}
    assert run["selection"] == "boltzmann:Boltzmann" and run["options"]["selection"] == {"temperature": 0.2}


def test_a_pruning_rule_stops_the_scoring(home: Path) -> None:
    with Store.open(home / "pruned" / FILE) as store:
        made = [each for each in store.generations() if each.rulings]
    assert made and all(each.outcome is Outcome.STOPPED for each in made)
    assert all(ruling.by == "pruning:worst_pair:WorstPair" for each in made for ruling in each.rulings)
    assert all(ruling.reason.endswith(", below +0.500") for each in made for ruling in each.rulings)


def test_a_rung_from_outside_refuses_last_and_by_name(home: Path) -> None:
    with Store.open(home / "gated" / FILE) as store:
        refused = [each for each in store.generations() if each.outcome is Outcome.REFUSED]
    reasons = [each.reason for each in refused if each.rung == "brevity"]
    assert reasons and all(reason.endswith(" lines longer than its parent") for reason in reasons)


def test_the_run_verifies_and_replays(home: Path, path: str) -> None:
    """To look at it nothing of the packages is needed; to make a generation again they are."""
    assert godel("verify", "run", cwd=home).returncode == 0
    assert godel("replay", "run", "seed", "-q", cwd=home, PYTHONPATH=path).returncode == 0
    away = godel("replay", "run", "seed", "-q", cwd=home)
    assert away.returncode == 2 and "can't be imported: ModuleNotFoundError" in complaint(away)


def test_the_task_is_listed_with_its_origin_and_sound(path: str, home: Path) -> None:
    listed = godel("tasks", "list", cwd=home, PYTHONPATH=path, COLUMNS="200").stdout
    assert "parabola [example-parabola 1.0]" in listed
    checked = godel("tasks", "check", "parabola", "-q", "--sandbox", "bubblewrap", cwd=home, PYTHONPATH=path)
    assert checked.returncode == 0, checked.stdout


def test_the_exporter_has_a_name(path: str, home: Path) -> None:
    lines = godel("lineage", "export", "run", "--format", "tsv", cwd=home, PYTHONPATH=path).stdout.splitlines()
    assert lines[0] == "generation\tstatus\tgain" and len(lines) == 1 + 7 and lines[1] == "0\tseed\t"
    outside = ("lineage", "export", "run", "--format", "table:as_table")
    assert godel(*outside, cwd=home, PYTHONPATH=path).stdout.splitlines() == lines


def test_every_example_is_under_60_lines() -> None:
    """Of text: blank lines don't count."""
    folders = [each for each in HERE.iterdir() if each.is_dir() and each.name != "__pycache__"]
    for folder in folders:
        files = [each for each in folder.rglob("*") if each.suffix in (".py", ".toml", ".md")]
        lines = [line for each in files for line in each.read_text().splitlines() if line.strip()]
        assert len(lines) < 60, folder.name
    assert len(folders) > 6
