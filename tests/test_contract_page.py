"""docs/contract.md can't drift: its scaffold is a real one, its names and its limits are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command import godel
from imports import ROOT
from runs import SMALL

from godel import config, contract, scaffold
from godel.contract import editing, limits
from godel.lineage import Outcome
from godel.lineage.store import Store
from godel.loop.run_folder import FILE

PAGE = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w.]+)`\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
LIMITS = PAGE.partition("## Limits")[2]


def written(folder: Path) -> Path:
    """The page's scaffold."""
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_its_scaffold_is_one(tmp_path: Path) -> None:
    loaded = scaffold.load(str(written(tmp_path / "nudge")))
    assert set(loaded.program.files) == {"main.py", "steps.toml"} == set(loaded.editable)


@pytest.mark.bubblewrap
@pytest.mark.program
def test_its_scaffold_improves_itself(tmp_path: Path) -> None:
    written(tmp_path / "nudge")
    words = ["launch", "run", "--scaffold", "./nudge", "--task", "online_bin_packing", "--generations", "3"]
    done = godel(*words, "--sandbox", "bubblewrap", "--no-report", *SMALL, "acceptance=any", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with Store.open(tmp_path / "run" / FILE) as store:
        made = store.generations()
        assert not [each.reason for each in made if each.outcome in (Outcome.FAILED, Outcome.REFUSED)]
        assert all(each.edits[0].operator == "nudge" for each in made[1:])
        assert any(each.score > 0 for each in store.evaluations()), "it improves the task's program"


def test_the_signature_is_that_of_the_contract() -> None:
    found = re.search(r"def improve\((.*?)\) -> Program: \.\.\.", PAGE)
    assert found and tuple(re.findall(r"(\w+):", found[1])) == contract.PARAMETERS


def test_every_name_in_bold_is_in_the_contract() -> None:
    bold = re.findall(r"\*\*`([\w.]+)`\*\*", PAGE)
    assert bold and all(name == "godel.contract.editing" or name in contract.__all__ for name in bold)


@pytest.mark.parametrize(
    "name",
    [
        "from_reply",
        "by_tool",
        "TOOLS",
        "check_change",
        "EditFailed",
        "Unreadable",
        "parse_module",
        "readable",
        "shown",
        "fenced",
        "SCALE",
        "in_words",
    ],
)
def test_helpers_that_it_names_are_there(name: str) -> None:
    assert f"`{name}`" in PAGE and (name in editing.__all__ or name in contract.__all__)


def test_the_limits_are_those_of_the_code() -> None:
    improve = config.Improve()
    numbers = [limits.PROGRAM_FILES, limits.PATH_CHARACTERS, limits.PATH_DEPTH, limits.LINE_CHARACTERS]
    numbers += [limits.SOURCE_WORDS, limits.SYNTAX_DEPTH, limits.EDITS, limits.EDIT_CHARACTERS, limits.REQUESTS]
    numbers += [improve.calls, improve.costly_calls, improve.self_calls, improve.memory_mib]
    numbers += [round(improve.cpu_s), round(improve.wall_s), improve.model.model_calls or 0]
    assert limits.PROGRAM_BYTES == 1 << 20 and "1 MiB" in LIMITS
    assert not [number for number in numbers if not re.search(rf"\b{number:,}\b", LIMITS)]
