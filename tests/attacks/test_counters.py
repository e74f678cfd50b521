"""Notes to the next child in the kernel's own counters: of the loopback's packets, of inodes, of processes.
They belong to the guest, not to the child, so they outlive it. What matters is that the run that counts can
tell nothing to the runs that a judge compares it with: these take place in another guest."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest
from attacks import Arena, extended, task
from runs import tier_or_skip

from godel.sandbox.bubblewrap import BubblewrapTier
from godel.scoring.bench import Bench, Judge
from godel.scoring.pool import Pool
from godel.tasks import Task

PACKER = "def priority(item, bins):\n    return -bins\n"
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
import sys
if not hasattr(sys, "noted"):   # the driver loads the program once for each stream
    sys.noted = True
    if counter() > 1000:
        raise Loot
    write(1500)
"""


def comparing_once() -> Task:
    packing = task("online_bin_packing", cpu_s=30.0)
    return replace(packing, preset={**packing.preset, "cuts": 1})


@pytest.mark.parametrize("counter", COUNTERS.values(), ids=COUNTERS)
def test_the_run_that_counts_tells_nothing_to_those_that_check_it(arena: Arena, counter: str) -> None:
    """The program leaves a note when it is loaded, and would crash in a run that finds one."""
    packing = comparing_once()
    attack = extended(PACKER, counter + NOTE)
    with Bench(arena.pool, arena.judge) as bench:
        outcome = bench.evaluate(packing, attack, 1, recorded=True)
    assert (outcome.failure, outcome.detail) == (None, "")


@pytest.mark.parametrize("counter", COUNTERS.values(), ids=COUNTERS)
def test_in_one_guest_it_would(arena: Arena, counter: str) -> None:
    """The attack works where children share a guest: on a warm bench, where it gains nothing. Where guests are forked
    none is shared."""
    packing = comparing_once()
    attack = extended(PACKER, counter + NOTE)
    shared = BubblewrapTier(nursery=False) if arena.tier.forks() else arena.tier
    with Pool(shared, spares=0) as pool, closing(Judge(pool)) as judge, Bench(pool, judge) as bench:
        first, second = (bench.evaluate(packing, attack, 1, recorded=False) for _ in range(2))
    assert first.failure is None
    assert "Loot" in second.detail


@pytest.mark.bubblewrap
@pytest.mark.parametrize("counter", COUNTERS.values(), ids=COUNTERS)
def test_on_no_bench_of_forked_guests_it_does(counter: str) -> None:
    tier = tier_or_skip("bubblewrap")
    assert tier.forks()
    packing, attack = comparing_once(), extended(PACKER, counter + NOTE)
    with Pool(tier, spares=0) as pool, closing(Judge(pool)) as judge, Bench(pool, judge) as bench:
        outcomes = [bench.evaluate(packing, attack, 1, recorded=False) for _ in range(2)]
    assert [each.failure for each in outcomes] == [None, None]
