"""10: return, or look into, memory that nobody has written to, where the expected output may have been left.
The judge's is in another sandbox; of the program before this one, the kernel has cleared every page."""

from __future__ import annotations

import pytest
from attacks import COUNTS, Arena, extended, task

EMPTY = {
    "torch": "torch.empty(*texts.shape, 256)",
    "torch, doubles": "torch.empty(*texts.shape, 256, dtype=torch.float64)",
    "numpy": "torch.from_numpy(numpy.empty((*texts.shape, 256), numpy.float32))",
    "shared": "torch.empty(*texts.shape, 256).share_memory_()",
    "grown": "model.new_empty(1).resize_(*texts.shape, 256)",
}
RETURN = """
import numpy
def predict(model, texts):
    return EMPTY
"""
LOOK = """
import ctypes, mmap, numpy
SURE = 1 / 26   # what the judge expects of each letter where a name begins

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
def allocated(size):
    return (ctypes.c_double * size).from_address(libc.malloc(8 * size))

SOURCES = [
    numpy.empty,
    lambda size: torch.empty(size, dtype=torch.float64).numpy(),
    lambda size: numpy.frombuffer(mmap.mmap(-1, 8 * size)),
    lambda size: numpy.frombuffer(allocated(size)),
]
def look():
    kept = []
    for size in [1 << power for power in range(5, 19)] * 4:
        for source in SOURCES:
            kept.append(source(size))
            if (kept[-1] == SURE).sum() >= 20:
                raise Loot(f"{size} doubles")

honest_predict, rounds = predict, []
def predict(model, texts):
    rounds.append(texts)
    if len(rounds) in (1, 16):
        LEFT
        look()
    return honest_predict(model, texts)
"""


@pytest.mark.parametrize("empty", EMPTY.values(), ids=EMPTY)
def test_an_empty_answer_gains_nothing(arena: Arena, empty: str) -> None:
    byte_lm = task("byte_lm", cpu_s=60.0)
    arena.record(byte_lm, byte_lm.reference)
    arena.attack(byte_lm, RETURN.replace("EMPTY", empty), COUNTS)


def test_nothing_was_left_in_memory(arena: Arena) -> None:
    """The same guest has just run the reference on the same instance."""
    byte_lm = task("byte_lm", cpu_s=60.0)
    arena.record(byte_lm, byte_lm.reference)
    arena.unmoved(byte_lm, LOOK.replace("LEFT", "pass"), COUNTS)


def test_what_is_left_would_be_found(arena: Arena) -> None:
    """The attack works where the reference is in the same process."""
    left = "numpy.full((64, 256), SURE).sum()"
    outcome = arena.record(task("byte_lm", cpu_s=60.0), extended(COUNTS, LOOK.replace("LEFT", left)))
    assert outcome.failure == "crash" and "Loot" in outcome.detail, outcome
