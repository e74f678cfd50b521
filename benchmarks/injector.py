"""Faults from outside: what an operator, the kernel or an engine does to a run that is under way."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

SPINNERS = 8
SPIN = "while True: pass"
PAUSE_S = (1.0, 4.0)
OVERLOAD_S = (4.0, 8.0)


class NothingThere(Exception):
    """The fault found nothing to strike: the run had no guest just then."""


def children(pid: int) -> list[int]:
    """Of all of its threads: a process started by a thread is that thread's child."""
    pids: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            pids += map(int, task.read_text().split())
    return pids


class Injector:
    """Strikes the run of process `godel`. `tier`: where its guests are."""

    def __init__(self, tier: str, rng: random.Random) -> None:
        self.tier, self.rng = tier, rng
        self.godel: subprocess.Popen[bytes]
        common = [self.kill_godel, self.pause_godel, self.kill_guest, self.kill_child, self.pause_guest, self.overload]
        own = {"docker": self.engine_kill, "bubblewrap": self.kill_nursery}
        self.kinds: list[Callable[[], None]] = [*common, own[tier]]
        self._left: list[Callable[[], None]] = []

    def strike(self) -> str:
        """The next fault, each kind as often as the others; its name. Raises NothingThere."""
        if not self._left:
            self._left = self.rng.sample(self.kinds, len(self.kinds))
        self._left[-1]()
        return self._left.pop().__name__

    def kill_godel(self) -> None:
        self.godel.kill()
        self.godel.wait()

    def pause_godel(self) -> None:
        self._paused([self.godel.pid])

    def kill_guest(self) -> None:
        """The first of its processes that runs none of the run's programs: its end is the guest's."""
        kill(self.rng.choice(self._chain()[:-1]), signal.SIGKILL)

    def kill_child(self) -> None:
        """The process that runs a scaffold, a candidate or a judge, and none else of its guest."""
        kill(self._chain()[-1], signal.SIGKILL)

    def pause_guest(self) -> None:
        if self.tier == "docker":
            container = self._container()
            engine("pause", container)
            time.sleep(self.rng.uniform(*PAUSE_S))
            engine("unpause", container)
        else:
            self._paused(self._chain())

    def engine_kill(self) -> None:
        engine("kill", self._container())

    def kill_nursery(self) -> None:
        """What the guests are born of, or what that was started by."""
        there = [pid for bwrap in children(self.godel.pid) for pid in (bwrap, *children(bwrap))]
        if not there:
            raise NothingThere
        kill(self.rng.choice(there), signal.SIGKILL)

    def overload(self) -> None:
        """Eight busy processes beside the run, in sessions of their own: the kernel shares out among these first."""
        spin = [sys.executable, "-c", SPIN]
        spinners = [subprocess.Popen(spin, start_new_session=True) for _ in range(SPINNERS)]
        time.sleep(self.rng.uniform(*OVERLOAD_S))
        for spinner in spinners:
            spinner.kill()
            spinner.wait()

    def _paused(self, pids: list[int]) -> None:
        for pid in pids:
            kill(pid, signal.SIGSTOP)
        time.sleep(self.rng.uniform(*PAUSE_S))
        for pid in pids:
            kill(pid, signal.SIGCONT)

    def _chain(self) -> list[int]:
        """The processes of a guest that is at work, from its outermost to its child."""
        roots = self._containers() if self.tier == "docker" else self._born()
        chains = [chain for root in roots if len(chain := descent(root)) > 1]
        if not chains:
            raise NothingThere
        return self.rng.choice(chains)

    def _born(self) -> list[int]:
        """The first processes of guests, which nurseries have forked."""
        nurseries = [nursery for bwrap in children(self.godel.pid) for nursery in children(bwrap)]
        return [guest for nursery in nurseries for guest in children(nursery)]

    def _containers(self) -> list[int]:
        return [int(engine("inspect", "--format", "{{.State.Pid}}", each)) for each in self._names()]

    def _container(self) -> str:
        names = self._names()
        if not names:
            raise NothingThere
        return self.rng.choice(names)

    def _names(self) -> list[str]:
        return engine("ps", "--quiet", "--filter", f"label=godel.pid={self.godel.pid}").split()


def descent(pid: int) -> list[int]:
    """`pid`, its child, its child's child, …"""
    chain = [pid]
    while below := children(chain[-1]):
        chain.append(below[0])
    return chain


def kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        raise NothingThere from None


def engine(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True)
    if done.returncode:  # a container that has just ended
        raise NothingThere
    return done.stdout.strip()
