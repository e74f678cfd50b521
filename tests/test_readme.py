"""The README can't drift: its commands and options exist, its tables name what there is."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command import godel

from godel import scaffold, tasks
from godel.tasks.suites import suites

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = next(block for block in re.findall(r"^```python\n(.*?)^```$", README, re.M | re.S) if "import godel" in block)
COMMANDS = re.findall(r"^\$ (.+?)(?:\s{2,}#.*)?$", README, re.MULTILINE)


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("godel")])
def test_every_command_and_option_exists(line: str, tmp_path: Path) -> None:
    words = shlex.split(line)[1:]
    group = [word for word in words[:2] if word.isalpha()]
    help = godel(*group, "--help", cwd=tmp_path)
    if help.returncode != 0:  # the second word was an argument
        help = godel(*group[:1], "--help", cwd=tmp_path)
    assert help.returncode == 0, help.stderr
    for option in (word for word in words if word.startswith("--")):
        assert option in help.stdout, f"{line}: no {option}"


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("make")])
def test_every_make_target_exists(line: str) -> None:
    target = line.split()[1]
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_tables_of_tasks_are_whole() -> None:
    """The core in the README, the suites of many small ones on a page of their own."""
    core, many = set(suites()["core"]), (ROOT / "docs/micro.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)) == core
    assert core | set(re.findall(r"^\| `(\w+)`", many, re.MULTILINE)) == set(tasks.names())


def test_the_table_of_scaffolds_is_whole() -> None:
    assert re.findall(r"^\| \[`(\w+)`\]\(scaffolds/(\w+)/README.md\)", README, re.MULTILINE) == [
        (name, name) for name in ["mutation", *(name for name in scaffold.names() if name != "mutation")]
    ]


def test_every_link_leads_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links and all((ROOT / link).exists() for link in links)


def test_ci_calls_the_test_command() -> None:
    assert "make test" in COMMANDS
    assert "make test" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.bubblewrap
@pytest.mark.program
def test_the_python_front_door_opens(tmp_path: Path) -> None:
    program = PYTHON.replace("generations=3", 'generations=3, sandbox="bubblewrap"')
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert re.fullmatch(r"[0-9a-f]{64} \S+\n", done.stdout), "silent but for what the program prints"


def test_python_names_beside_it_are_there() -> None:
    import godel as package

    sentence = next(line for line in README.splitlines() if line.startswith("`godel.open_run`"))
    names = [name.removeprefix("godel.") for name in re.findall(r"`([\w.]+)`", sentence)]
    assert {*names, "launch"} == {name for name in package.__all__ if name[0].islower()}
