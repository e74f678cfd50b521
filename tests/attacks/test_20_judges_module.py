"""20: monkeypatch the judge. What can be patched is a copy in the candidate's own process."""

from __future__ import annotations

import pytest
from attacks import Arena, task

BIGGER = """
honest_packing = packing
def packing(count):
    return honest_packing(count) * 1.5
"""
PATCHES = {
    "the judging library": """
import godel.tasks.judging as judging, godel.tasks.judging.exact as exact, godel.tasks.judging.arrays as arrays
from fractions import Fraction
exact.check_packing = lambda *_: None
exact.circles = lambda rows: ([], 1)
arrays.reals = lambda *_: np.ones((26, 3))
judging.Verdict = lambda *_, **__: 99.0
judging.Invalid = judging.CandidateFailed = type("Never", (Exception,), {})
Fraction.__lt__ = Fraction.__le__ = lambda *_: True
""",
    "numpy and builtins": """
import builtins, math
np.isfinite = np.greater_equal = lambda *_, **__: np.True_
builtins.max = builtins.min = builtins.abs = lambda *_, **__: 99.0
math.isfinite = lambda _: True
""",
    "json": """
import json
honest_dumps = json.dumps
json.dumps = lambda message, **options: honest_dumps({"value": 99.0, "verdict": message}, **options)
""",
}


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES)
def test_the_judge_does_not_notice(arena: Arena, patch: str) -> None:
    """Circles that overlap stay invalid, whatever the candidate makes of its own modules."""
    outcome = arena.attack(task("circle_packing_26"), BIGGER + patch)
    assert outcome.failure in ("invalid", "crash"), outcome


def test_the_driver_can_be_replaced_and_the_answer_is_judged_all_the_same(arena: Arena) -> None:
    forged = """
import sys
frame = sys._getframe()
while "driver" not in frame.f_locals:
    frame = frame.f_back
frame.f_locals["driver"]["run"] = lambda program, request: {"value": 99.0, "failure": None}
class Driver(dict):
    def __getitem__(self, key): return lambda program, request: {"verdict": {"value": 99.0}}
"""
    arena.unmoved(
        task("circle_packing_26"),
        "try:\n" + "\n".join("    " + line for line in forged.splitlines()) + "\nexcept AttributeError: pass\n",
    )
