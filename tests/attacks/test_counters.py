"""Notes to the next child in the kernel's own counters: of the loopback's packets, of inodes, of processes.
They belong to the guest, not to the child, so they outlive it: a known way around "each run has a process of
its own", open until runs that are compared with each other get a guest each."""

from __future__ import annotations

import pytest
from attacks import Arena, extended, task

COUNTERS = {
    "loopback packets": """
import socket
def counter():
    return next(int(line.split()[2]) for line in open("/proc/net/dev") if line.strip().startswith("lo:"))
def write(number):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        for _ in range(number):
            line.sendto(b"x", ("127.0.0.1", 9))
""",
    "inodes of /tmp": """
import os
def counter():
    with open("/tmp/probe", "w") as file:
        return os.fstat(file.fileno()).st_ino
def write(number):
    for _ in range(number):
        os.remove(open("/tmp/note", "w").name)
""",
    "processes": """
import os
def counter():
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    return child
def write(number):
    for _ in range(number):
        counter()
""",
}
NOTE = """
before = counter()
write(NUMBER)
raise Loot(before)
"""


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="a guest's counters outlive its children")
@pytest.mark.parametrize("counter", COUNTERS.values(), ids=COUNTERS)
def test_a_number_does_not_reach_the_next_child(arena: Arena, counter: str) -> None:
    few, many, none = (read(arena, counter, number) for number in (10, 110, 0))
    assert none - many == many - few, "the second child left 100 more than the first, and the third can tell"


def read(arena: Arena, counter: str, number: int) -> int:
    """What a child reads before it leaves `number` marks for the next."""
    packing = task("circle_packing_26")
    outcome = arena.record(packing, extended(packing.initial, f"NUMBER = {number}\n" + counter + NOTE))
    return int(outcome.detail.rpartition("Loot: ")[2])
