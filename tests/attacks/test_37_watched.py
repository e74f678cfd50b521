"""37: behave when watched. A candidate whose score is recorded sees what one whose score is advice sees."""

from __future__ import annotations

import pytest
from attacks import Arena, extended, task

from godel.bench import Bench

LOOK = """
import hashlib, os, re, resource, sys
def mount(line):   # a peer group's number is the least that is free: it tells which sandboxes run, whatever the label
    return re.sub(r"(shared|master):\\d+", r"\\1", line.split(" - ")[0].split(" ", 4)[4])
def look(*call):
    yield "call", repr(call)
    yield "environment", repr(sorted(os.environ.items()))
    yield "arguments", repr(sys.argv) + open("/proc/self/cmdline").read()
    yield "limits", repr([resource.getrlimit(n) for n in range(16) if n != resource.RLIMIT_AS])
    yield "identity", repr((os.getuid(), os.getgid(), os.getpid() - os.getppid(), os.getcwd(), os.uname()[:2]))
    yield "descriptors", repr(sorted(os.listdir("/proc/self/fd")))
    yield "mounts", "".join(sorted(mount(line) for line in open("/proc/self/mountinfo")))
    yield "folders", repr([sorted(os.listdir(each)) for each in ("/", "/tmp", "/dev/shm")])
    yield "modules", repr(sorted(sys.modules))
    yield "processes", repr(len(list(filter(str.isdigit, os.listdir("/proc")))))
def marks(*call):
    return {name: hashlib.sha256(text.encode()).hexdigest()[:8] for name, text in look(*call)}
"""
CALLED = {
    "online_bin_packing": "def priority(item, bins): raise Loot(marks(item, bins.tolist()))",
    "maxcut": "def cut(nodes, edges): raise Loot(marks(nodes, edges))",
    "circle_packing_26": "def packing(count): raise Loot(marks(count))",
    "learning_parity_with_noise": "def predict(*given): raise Loot(marks(*given))",
}


@pytest.mark.parametrize("name", CALLED)
def test_both_labels_look_the_same_from_inside(arena: Arena, name: str) -> None:
    task_ = task(name)
    seen = []
    for recorded in (True, False):
        with Bench(arena.pool, arena.judge) as fresh:
            looked = fresh.evaluate(task_, extended(task_.initial, LOOK + CALLED[name]), 1, recorded=recorded)
        seen.append(looked.detail.rpartition("Loot: ")[2])
    assert seen[0].startswith("{'call': "), seen
    assert seen[0] == seen[1]


@pytest.mark.parametrize("name", CALLED)
def test_the_same_program_scores_the_same_under_both(arena: Arena, name: str) -> None:
    task_ = task(name, cpu_s=30.0, wall_s=120.0)
    recorded, advice = arena.record(task_, task_.initial), arena.advise(task_, task_.initial)
    assert recorded.value is not None
    assert recorded.value == advice.value
