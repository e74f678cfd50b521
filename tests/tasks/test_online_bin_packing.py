"""Packing: the bound, the exact check of assignments, and no look at later items."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from godel.contract import Program
from godel.tasks import load
from godel.tasks.online_bin_packing import judge

TASK = load("online_bin_packing")


def program(text: str) -> Program:
    return Program({"main.py": "import numpy as np\n" + text})


@pytest.mark.parametrize("seed", range(3))
def test_the_reference_is_clearly_better_than_the_initial_program(bench: Any, seed: int) -> None:
    start, reference = (bench.evaluate(TASK, p, seed)["value"] for p in (TASK.initial, TASK.reference))
    assert reference < 0.7 * start


def test_the_l2_bound_counts_large_items_and_the_volume() -> None:
    assert judge.lower_bound(np.array([60, 60, 60]), 100) == 3
    assert judge.lower_bound(np.array([50, 50, 50]), 100) == 2
    assert judge.lower_bound(np.array([70, 70, 40, 40]), 100) == 3  # the volume alone says 3
    assert judge.lower_bound(np.array([51, 51, 50]), 100) == 3


@pytest.mark.parametrize("seed", range(3))
def test_the_bound_is_between_the_volume_and_any_packing(seed: int) -> None:
    instance = judge.instance(seed, TASK.preset)
    for stream, bound in zip(instance.streams, instance.bounds, strict=True):
        assert -(-int(stream.items.sum()) // stream.capacity) <= bound <= len(stream.items)


def test_an_instance_is_a_function_of_seed_and_preset() -> None:
    items = [[s.items.tolist() for s in judge.instance(seed, TASK.preset).streams] for seed in (1, 1, 2)]
    assert items[0] == items[1] != items[2]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def priority(item, bins): return bins[:-1]", "crash"),
        ("def priority(item, bins): return 1 / 0", "crash"),
        ("def priority(item, bins): bins[:] = 1e9; return bins", None),  # its own copy
        ("def priority(item, bins): return np.full(len(bins), np.nan)", None),  # the newest that fits
    ],
)
def test_what_a_priority_may_do(bench: Any, text: str, reason: str | None) -> None:
    assert bench.evaluate(TASK, program(text))["failure"] == reason


@pytest.mark.parametrize(
    "bins",
    [
        "np.zeros(n, dtype=int)",  # overfull
        "np.arange(n) + 1",
        "np.arange(n) - 1",
        "np.arange(n).astype(float)",
        "np.arange(n + 1)",
        "np.full(n, -1)",
    ],
)
def test_an_answer_forged_around_the_driver_is_checked(bench: Any, bins: str) -> None:
    """The driver runs in the candidate's process, so a candidate can replace it."""
    text = f"""
        import numpy as np
        from godel.sandbox.guest.port import pack, unpack
        def run(program, request):
            return [pack({bins}) for n in (len(unpack(each["items"])) for each in request)]
    """
    task = replace(TASK, driver=textwrap.dedent(text))
    assert bench.evaluate(task, TASK.reference)["failure"] == "invalid"


def test_one_bin_for_each_item_is_valid_and_poor(bench: Any) -> None:
    assert bench.evaluate(TASK, program("def priority(item, bins): return np.zeros(len(bins))"))["value"] > 50


CHEAT = """
import sys
import numpy as np

def priority(item, bins):
    items = sys._getframe(1).f_locals["items"]
    return -bins if items[-1] % 2 else bins
"""


def test_a_look_at_later_items_is_found_when_the_score_is_recorded(bench: Any) -> None:
    cheat = Program({"main.py": CHEAT})
    assert [bench.evaluate(TASK, cheat, seed, False)["failure"] for seed in range(5)] == [None] * 5
    failures = [bench.evaluate(TASK, cheat, seed, True) for seed in range(5)]
    assert {"invalid"} <= {f["failure"] for f in failures}
    assert any("later items" in f["detail"] for f in failures)
    assert bench.evaluate(TASK, TASK.initial, 0, True)["failure"] is None
