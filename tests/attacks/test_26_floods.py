"""26: floods of memory, disk, log, descriptors and words. Each costs its maker the score, and nobody else."""

from __future__ import annotations

import pytest
from attacks import Arena, task

FLOODS = {
    "memory": ("held = [bytearray(1 << 22) for _ in range(1 << 10)]", "memory"),
    "memory in one piece": ("np.ones(1 << 34)", "crash|memory"),
    "memory of children": ("crowd()", "memory|crash|lost|wall"),
    "disk": ("[open(f'/tmp/{i}', 'wb').write(bytes(1 << 24)) for i in range(1 << 10)]", "crash|memory"),
    "shared memory": ("[open(f'/dev/shm/{i}', 'wb').write(bytes(1 << 24)) for i in range(1 << 10)]", "crash|memory"),
    "descriptors": ("held = [os.open('/dev/null', os.O_RDONLY) for _ in range(1 << 20)]", "crash"),
    "answer": ("stolen_port().send('x' * (1 << 25))", "flood"),
    "deep answer": ("os.write(stolen_port()._out, b'[' * (1 << 20) + b'\\n')", "garbage"),
    "long number": ("os.write(stolen_port()._out, b'9' * (1 << 20) + b'\\n')", "garbage"),
}
CROWD = """
import os, time
def crowd():
    for _ in range(12):
        if not os.fork():
            held = bytearray(b"x") * (120 << 20)
            time.sleep(60)
    time.sleep(2)
    raise MemoryError
"""
LOG = """
import os
for _ in range(64):
    os.write(1, b"x" * (1 << 20))
    os.write(2, b"y" * (1 << 20))
"""


@pytest.mark.parametrize(("body", "failure"), FLOODS.values(), ids=FLOODS)
def test_a_flood_ends_with_its_maker(arena: Arena, body: str, failure: str) -> None:
    packing = task("circle_packing_26", cpu_s=20.0, wall_s=60.0)
    outcome = arena.attack(packing, CROWD + f"def packing(count):\n    {body}\n")
    assert outcome.failure in failure.split("|"), outcome
    arena.unmoved(packing, "")


def test_a_log_of_any_length_is_cut(arena: Arena) -> None:
    packing = task("circle_packing_26", cpu_s=20.0, wall_s=60.0)
    arena.unmoved(packing, LOG)
    outcome = arena.attack(packing, LOG + "raise Loot")
    assert outcome.failure == "crash"
    assert len(outcome.detail) <= 500
