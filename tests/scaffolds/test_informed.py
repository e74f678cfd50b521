"""The prompts carry what a model needs: each scaffold gains with one that acts on what it is told, and does not with
the same model once that is struck out of its prompts."""

from __future__ import annotations

from pathlib import Path

import pytest
from informed import HINT, IDLE, PLACES, TASKS, Uninformed, course

from godel.gateway.scripted import Script
from godel.scaffold import load

pytestmark = [pytest.mark.bubblewrap, pytest.mark.slow]


@pytest.mark.parametrize("name", PLACES)
def test_it_gains_on_two_tasks_and_accepts_a_self_edit(name: str, tmp_path: Path) -> None:
    """In two generations: the first edit is idle, the second avoids it, as it is told what became of the first."""
    made = course(tmp_path / "run", name, load(name).program.files, Script, 2)
    idle, helped = made.generations[1:]
    assert IDLE in idle.edits[0].after and idle not in made.accepted
    assert HINT in helped.edits[0].after and made.accepted == [helped], (helped.status, helped.rung, helped.why)
    assert made.gains(helped.child) == set(TASKS)


@pytest.mark.parametrize("name", PLACES)
def test_without_what_it_is_told_it_does_not(name: str, tmp_path: Path) -> None:
    """In ten generations: limits, reasons of failures and the record are struck out, and nothing else."""
    made = course(tmp_path / "run", name, load(name).program.files, Uninformed, 10)
    assert len(made.generations) == 11
    assert not made.accepted
    assert not [each.child for each in made.generations if made.gains(each.child)]
