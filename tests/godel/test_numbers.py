"""Every number that a user can set has a type and a range: what is outside gets one line, with key, range and what
was given, and exit 2. The settings are those that there are, so a new one is tried too."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from command import ROOT, complaint, godel

from godel.cli import run as run_command
from godel.config import Run, described, load
from godel.tasks.manifest import Limits, Manifest, Overrides, Reference
from godel.tasks.ranges import range_of

WRONG = [
    "nan",
    "inf",
    "-inf",
    "1e30",
    "-1e30",
    "99999999999999999999",
    "-99999999999999999999",
    "5e-324",
    "true",
    "'x'",
    "[1]",
    "[" * 3000,
    "9" * 5000,
]
MAY = {"model.prices": {"5e-324"}, "crossover": {"5e-324"}, "seed": set[str]()}
"""Numbers near 0 that these take."""

NUMBERS = {each["key"]: each["allowed"] for each in described() if each["allowed"]}
LISTS = {"model.weights": "[{}]", "model.prices": "{{ x = [{}, 1] }}"}


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is let through by mistake finds no sandbox, and no folder but one of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent.sock")


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What one command line says that is to be refused."""
    assert run_command(arguments) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and len(said.err) < 1100, said
    return said.err


def test_every_number_of_a_run_has_a_range() -> None:
    kinds = {each["key"]: each["default"] for each in described(Run)}
    without = [key for key, default in kinds.items() if isinstance(default, int | float) and key not in NUMBERS]
    assert without == [] and len(NUMBERS) > 30 and set(LISTS) < set(NUMBERS)


@pytest.mark.parametrize("key", NUMBERS)
@pytest.mark.parametrize("value", WRONG, ids=lambda value: value[:12])
def test_a_setting_out_of_its_range(key: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    if value in MAY.get(key, ()):
        return
    line = told(capsys, "launch", f"{key}={LISTS.get(key, '{}').format(value)}")
    assert f"{key}" in line and "; given: " in line
    assert f"expected {NUMBERS[key]}" in line or key in LISTS


@pytest.mark.parametrize("key", ["workers", "improve.cpu_s", "improve.memory_mib", "generations", "budget.dollars"])
def test_the_ends_of_a_range_are_allowed(key: str) -> None:
    low, high = (end.replace(",", "") for end in NUMBERS[key].split(" from ")[1].split(" to "))
    for end in (low, high):
        load(None, [f"{key}={end}"])


@pytest.mark.parametrize("option", ["--generations", "--workers", "--seed"])
@pytest.mark.parametrize(
    "value", ["99999999999999999999", "-99999999999999999999", "nan", "1e30", "9" * 5000], ids=lambda value: value[:12]
)
def test_an_option_out_of_its_range(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert option.removeprefix("--") in told(capsys, "launch", f"{option}={value}")


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay", "run", "best", "--task", "maxcut", "--seeds"),
        ("lineage", "tree", "run", "--limit"),
        ("tasks", "run", "maxcut", "--seed"),
        ("model", "serve", "--port"),
        ("model", "serve", "--faults"),
        ("model", "serve", "--fault-seed"),
    ],
    ids=lambda arguments: arguments[-1],
)
@pytest.mark.parametrize("value", ["nan", "inf", "1e30", "-1", "99999999999999999999", "x"])
def test_an_option_of_another_command(
    arguments: tuple[str, ...], value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = told(capsys, *arguments, value)
    assert re.search(rf"{arguments[-1]}: expected (a whole number|a number) from .* to .*; given: '{value}'", line)


@pytest.fixture
def task(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "tasks" / "maxcut", tmp_path / "cut"))


def test_every_number_of_a_manifest_has_a_range() -> None:
    for table in (Manifest, Limits, Overrides, Reference):
        for name, field in table.model_fields.items():
            numeric = any(word in str(field.annotation) for word in ("int", "float"))
            assert bool(range_of(field)) == numeric, name


@pytest.mark.parametrize(
    "value", ["nan", "inf", "1e30", "-1", "99999999999999", "-99999999999999999999", "true", "'x'"]
)
@pytest.mark.parametrize("key", ["cpu_s", "wall_s", "memory_mib", "stage"])
def test_a_manifests_number(task: Path, key: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (task / "task.toml").read_text().splitlines()
    place = next(at for at, line in enumerate(lines) if line.startswith(f"{key} ="))
    lines[place] = f"{key} = {value}"
    (task / "task.toml").write_text("\n".join(lines))
    for command in (("tasks", "show", str(task)), ("launch", "--task", str(task))):
        line = told(capsys, *command)
        assert "cut/task.toml: " in line and f"{key}: expected " in line and " from " in line and "; given: " in line


@pytest.mark.parametrize("value", ["nan", "-inf", "99999999999999999999"])
def test_a_presets_number(task: Path, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = (task / "task.toml").read_text()
    (task / "task.toml").write_text(f"{manifest}\n[presets.odd]\nnodes = {value}\n")
    assert "presets.odd: nodes: expected a number that is finite" in told(capsys, "tasks", "show", str(task))


def test_an_unknown_model_is_told_with_a_few_names(tmp_path: Path) -> None:
    for name in ("gtp-4o", "qqqqzzzz", "x" * 100_000):
        done = godel("launch", "--model", name, cwd=tmp_path)
        assert done.returncode == 2 and "unknown model" in complaint(done) and len(done.stderr) < 600


@pytest.mark.parametrize("given", ["zzzz", "", "z" * 5000, "é\x1b[2J"])
def test_an_unknown_name_is_told_with_a_few(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        ("scaffolds", "show", given),
        ("launch", f"q{given}=1"),
        ("tasks", "show", given),
        ("launch", "--suite", given),
        ("launch", "--selection", f"q{given}"),
    ):
        line = told(capsys, *arguments)
        assert line.count(", ") <= 6 and "\x1b" not in line
