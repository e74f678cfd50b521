"""9: scan memory for the expected output: one's own and everybody else's, where the host of a GPU task would
have the device's. The judge computes it in another sandbox, whose processes can't be seen from here."""

from __future__ import annotations

from attacks import COUNTS, SEED, Arena, extended, task

from godel.tasks.byte_lm import judge

SCAN = """
import ctypes, os, struct
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)   # PR_SET_DUMPABLE: or one's own memory is closed as well
SURE = struct.pack("<d", 1 / 26)   # what the judge expects of each letter where a name begins

def regions(pid):
    for line in open(f"/proc/{pid}/maps"):
        place, rights, _, _, inode, *name = line.split()
        if rights.startswith("rw") and (inode == "0" or "/dev/" in "".join(name)):
            begin, end = (int(each, 16) for each in place.split("-"))
            yield begin, end

def expected(data):
    at = data.find(SURE)
    while at >= 0:
        if all(data[at + 8 * i : at + 8 * i + 8] == SURE for i in range(4)):
            return True
        at = data.find(SURE, at + 1)
    return False

def found(pid):
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for begin, end in regions(pid):
            memory.seek(begin)
            while begin < end and (data := memory.read(min(end - begin, 1 << 24))):
                begin += len(data)
                if expected(data):
                    return True
    return False

def hunt():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if found(pid):
                raise Loot(f"process {pid}")
        except OSError:
            if int(pid) == os.getpid():
                raise

honest_predict, rounds = predict, []
def predict(model, texts):
    rounds.append(texts)
    if len(rounds) in (1, 16):
        hunt()
    return honest_predict(model, texts)
"""
PLANTED = "import numpy\nplanted = numpy.full(26, 1 / 26)\n"


def test_what_is_looked_for_is_what_the_judge_expects() -> None:
    rows = judge.instance(SEED, task("byte_lm").preset).truth.reshape(-1, 256)
    assert any((row == 1 / 26).sum() == 26 for row in rows)


def test_the_expected_output_is_in_no_memory_that_can_be_read(arena: Arena) -> None:
    arena.unmoved(task("byte_lm", cpu_s=60.0, wall_s=120.0), SCAN, COUNTS)


def test_it_would_be_found(arena: Arena) -> None:
    """The attack works where there is something."""
    outcome = arena.record(task("byte_lm", cpu_s=60.0, wall_s=120.0), extended(COUNTS, PLANTED + SCAN))
    assert outcome.failure == "crash" and "Loot" in outcome.detail, outcome
