"""25: a fork bomb; a daemon that outlives its deadline and writes into the next one's run."""

from __future__ import annotations

import pytest
from attacks import Arena, task

BOMB = """
import os, time
def packing(count):
    while True:
        try:
            if not os.fork():
                continue
        except OSError:
            time.sleep(0.1)
"""
DAEMON = """
import os, signal, time
honest_packing = packing
def daemon():
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    while True:
        for folder in ("/tmp", "/dev/shm"):
            open(f"{folder}/daemon-was-here", "w").close()
        time.sleep(0.01)
def packing(count):
    for _ in range(5):
        daemon()
    time.sleep(0.1)
    ENDING
"""
LOOK = """
import os, time
time.sleep(0.2)
others = {int(name) for name in os.listdir("/proc") if name.isdigit()} - {1, os.getpid(), os.getppid()}
if others or os.listdir("/tmp") or os.listdir("/dev/shm"):
    raise Loot(f"left behind: {others}, {os.listdir('/tmp')}, {os.listdir('/dev/shm')}")
"""


def test_a_fork_bomb_is_contained(arena: Arena) -> None:
    outcome = arena.attack(task("circle_packing_26", cpu_s=5.0, wall_s=4.0), BOMB)
    assert outcome.failure in ("wall", "cpu", "crash", "memory", "lost"), outcome
    arena.unmoved(task("circle_packing_26"), LOOK)


@pytest.mark.parametrize("ending", ["return honest_packing(count)", "os._exit(0)", "time.sleep(60)"])
def test_a_daemon_does_not_outlive_its_maker(arena: Arena, ending: str) -> None:
    arena.attack(task("circle_packing_26", wall_s=4.0), DAEMON.replace("ENDING", ending))
    arena.unmoved(task("circle_packing_26"), LOOK)
