"""7: bytes cross the boundary, not objects: what an answer does when it is looked at is lost on the way."""

from __future__ import annotations

import pytest
from attacks import Arena, task

LAZY = """
honest_packing = packing
class Lazy(np.ndarray):
    def sum(self, *_, **__): return 99.0
    def __getitem__(self, key): return 99.0
    def __gt__(self, other): return True
    def __eq__(self, other): return True
def packing(count): return honest_packing(count).view(Lazy)
"""
MASKED = """
honest_packing = packing
def packing(count): return np.ma.masked_array(honest_packing(count), mask=True)
"""
REFUSED = {
    "objects": ("np.full((count, 3), type('Liar', (float,), {})(99.0), dtype=object)", "crash"),
    "records": ("np.zeros(count, dtype=[('x', 'f8'), ('y', 'f8'), ('r', 'f8')])", "invalid"),
    "text": ("np.full((count, 3), '99.0')", "invalid"),
    "complex": ("np.full((count, 3), 0.1 + 1j)", "invalid"),
    "nan": ("np.full((count, 3), np.nan)", "invalid"),
    "infinite": ("np.full((count, 3), np.inf)", "invalid"),
    "huge": ("np.full((count, 3), np.longdouble('1e4000'))", "invalid"),
    "negative radii": ("np.column_stack([np.full(count, 0.5)] * 2 + [np.full(count, -1.0)])", "invalid"),
    "fewer": ("np.array([[0.5, 0.5, 0.5]])", "invalid"),
    "a score": ("stolen_port().send({'value': 99.0, 'failure': None})", "crash|invalid|out of turn"),
}


@pytest.mark.parametrize("addition", [LAZY, MASKED], ids=["lazy", "masked"])
def test_an_object_arrives_as_its_bytes(arena: Arena, addition: str) -> None:
    arena.unmoved(task("circle_packing_26"), addition)


@pytest.mark.parametrize(("answer", "failure"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_plain_array_is_a_failure(arena: Arena, answer: str, failure: str) -> None:
    outcome = arena.attack(task("circle_packing_26"), f"def packing(count): return {answer}")
    assert outcome.failure in failure.split("|"), outcome
