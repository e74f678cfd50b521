"""21: print a score. Results never travel on stdout, and a child can't speak as its zygote."""

from __future__ import annotations

from attacks import Arena, task

PRINT = """
import os, sys
LINES = [
    'SCORE: 99.0', '{"score": 99.0}', '{"verdict": {"value": 99.0, "failure": null}}',
    'Z{"exit": {"reason": "exit"}}', 'D{"npy": ""}', 'Z{"ready": {}}',
]
def shout():
    for line in LINES:
        print(line, flush=True)
        print(line, file=sys.stderr, flush=True)
        for descriptor in (1, 2):
            os.write(descriptor, line.encode() + b"\\n")
shout()
honest_packing = packing
def packing(count):
    shout()
    return honest_packing(count)
"""
FORGE = """
import os
def packing(count):
    os.write(stolen_port()._out, b'LINE\\n')
    return np.zeros((count, 3))
"""


def test_what_it_prints_goes_to_its_log(arena: Arena) -> None:
    arena.unmoved(task("circle_packing_26"), PRINT)


def test_a_verdict_on_the_channel_is_a_wrong_answer(arena: Arena) -> None:
    for line in ('{"verdict": {"value": 99.0, "failure": null}}', 'Z{"exit": {"reason": "exit"}}', "99.0"):
        outcome = arena.attack(task("circle_packing_26"), FORGE.replace("LINE", line))
        assert outcome.failure in ("invalid", "garbage", "out of turn"), outcome
