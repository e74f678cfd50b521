"""1: patch `time.*`. The judge reads its own clock, in another process, and so does whoever ends a program."""

from __future__ import annotations

import pytest
from attacks import LEARNER, Arena, task, timed

STOPPED = """
import time
sleep, monotonic = time.sleep, time.monotonic
for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time", "clock_gettime"):
    setattr(time, name, lambda *_: 0.0)
    if hasattr(time, name + "_ns"):
        setattr(time, name + "_ns", lambda *_: 0)
"""
LATE = """
honest_train = train
def train(stream, device, seconds):
    learner = honest_train(stream, device, 0.0)
    while learner.steps < 170:
        learner.step()
    return learner
"""
BIGGER = """
honest_packing = packing
def packing(count):
    return honest_packing(count) * 1.5
"""
ENDLESS = """
honest_packing = packing
def packing(count):
    while time.process_time() < 1.0: pass
    return honest_packing(count)
"""


def test_training_too_long_by_a_clock_that_stands_still(arena: Arena) -> None:
    outcome = arena.attack(timed(), STOPPED + LATE, LEARNER)
    assert outcome.failure == "invalid" and "more than its 0.5 s" in outcome.detail, outcome


@pytest.mark.parametrize(("limits", "failure"), [({"cpu_s": 1.0}, "cpu"), ({"wall_s": 2.0, "cpu_s": 60.0}, "wall")])
def test_the_limits_go_by_a_clock_that_runs(arena: Arena, limits: dict[str, float], failure: str) -> None:
    outcome = arena.attack(task("circle_packing_26", **limits), STOPPED + ENDLESS)
    assert outcome.failure == failure, outcome


def test_no_clock_is_asked_whether_circles_overlap(arena: Arena) -> None:
    outcome = arena.attack(task("circle_packing_26"), STOPPED + BIGGER)
    assert outcome.failure == "invalid", outcome
