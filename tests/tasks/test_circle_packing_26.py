"""Circles: exact feasibility, and the reference's sum."""

from __future__ import annotations

from typing import Any

import pytest

from godel.contract import Program
from godel.tasks import load

TASK = load("circle_packing_26")
GRID = """
import numpy as np

def grid(count):
    rows = [(0.125 + 0.125 * (i % 6), 0.125 + 0.125 * (i // 6), 0.0625) for i in range(count)]
    return np.array(rows)

def packing(count):
    rows = grid(count)
    CHANGE
    return rows
"""


def program(change: str) -> Program:
    return Program({"main.py": GRID.replace("CHANGE", change)})


def test_the_reference_is_feasible_and_reaches_the_published_sum(bench: Any) -> None:
    values = {bench.evaluate(TASK, TASK.reference, seed)["value"] for seed in range(3)}
    assert len(values) == 1 and 2.63598 < values.pop() < 2.636


def test_the_initial_program_is_feasible_and_weak(bench: Any) -> None:
    assert 0.1 < bench.evaluate(TASK, TASK.initial)["value"] < 1.0


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ("pass", None),  # the circles of the grid touch
        ("rows[0, 2] = np.nextafter(0.0625, 1)", "invalid"),
        ("rows[0, 2] = -0.0625", "invalid"),
        ("rows[0, 2] = 0", "invalid"),
        ("rows[0, 0] = np.nan", "invalid"),
        ("rows[0, 2] = np.inf", "invalid"),
        ("rows[0] = rows[1]", "invalid"),
        ("rows[0, 0] = 0.125 + 1e-18", None),  # is 0.125 as a float, and floats are what is judged
        ("rows[0, 0] = np.nextafter(0.125, 1)", "invalid"),
        ("rows = rows[:25]", "invalid"),
        ("rows = np.vstack([rows, [0.9, 0.9, 0.01]])", "invalid"),
        ("rows = rows.astype(complex)", "invalid"),
        ("rows = rows.astype(str)", "invalid"),
        ("rows = rows.ravel()", "invalid"),
        ("rows = rows.astype(object)", "crash"),
        ("rows = [[10**400, 0, 1]] * 26", "crash"),
        ("rows = None", "crash"),
    ],
)
def test_only_an_exactly_feasible_packing_counts(bench: Any, change: str, failure: str | None) -> None:
    verdict = bench.evaluate(TASK, program(change))
    assert verdict["failure"] == failure
    if failure is None:
        assert verdict["value"] == 26 * 0.0625
