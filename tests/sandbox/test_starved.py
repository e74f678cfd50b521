"""A wall limit counts the time in which a guest could run. Who waits for a processor is not late; who sleeps is,
and so are processes that only wait for each other."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from busy import busy

from godel.sandbox import Starved
from godel.sandbox.channel import Child, ChildEnded
from godel.sandbox.docker.engine import connect
from godel.sandbox.guest.clock import Clock
from godel.sandbox.guest.jobs import Exit
from godel.sandbox.guest.meter import Meter
from godel.sandbox.guest.runqueue import RunQueue
from godel.sandbox.processes import children

WORK = """
import time
while time.process_time() < request: pass
return time.process_time()
"""
SLEEP = "import time\nwhile True: time.sleep(0.02)"
CROWD = """
import os
for _ in range(20):
    if not os.fork():
        break
while True: pass
"""
PROCESSORS = len(os.sched_getaffinity(0))


def end(child: Child, request: Any = None) -> Exit:
    with pytest.raises(ChildEnded) as ended:
        child.send(request)
        child.receive()
    return ended.value.exit


def test_who_waits_for_a_processor_is_not_late(lab: Any) -> None:
    """1.5 CPU-seconds beside eight busy processes take longer than 3 s on the wall."""
    with busy(4 * PROCESSORS):
        child = lab.child(WORK, wall_s=3.0, cpu_s=10.0)
        child.send(1.5)
        assert child.receive() >= 1.5
        exit = child.kill()
    assert exit.wall_s > 3.0, "the machine was not busy enough to show anything"
    assert exit.waited_s is not None and exit.waited_s > 1.0


def test_who_sleeps_is_late_however_busy_the_machine_is(lab: Any) -> None:
    with busy(4 * PROCESSORS):
        exit = end(lab.child(SLEEP, wall_s=1.5, cpu_s=10.0))
    assert exit.reason == "wall"
    assert exit.waited_s is not None and exit.wall_s - exit.waited_s >= 1.5


def test_processes_that_wait_for_each_other_gain_no_time(lab: Any) -> None:
    """All of them together are charged at least what they ran: a limit of 1 s ends them when they have used 1 s
    of each processor at the latest."""
    exit = end(lab.child(CROWD, wall_s=1.0, cpu_s=30.0))
    assert exit.reason == "wall"
    assert exit.cpu_s < PROCESSORS * 1.0 + 0.5


def test_a_guest_that_was_stopped_is_not_late(own_lab: Any) -> None:
    """Whoever stops it (an operator, an engine's pause, the machine going to sleep) takes its time away."""
    child = own_lab.child("import time\ntime.sleep(request)\nreturn 1", wall_s=2.0)
    child.send(1.0)
    time.sleep(0.3)  # most likely it sleeps by then; before that, its clock stands still anyway
    with paused(own_lab.session.guest):
        time.sleep(2.5)
    assert child.receive() == 1


def test_where_the_budget_is_time_a_starved_run_is_ours(own_lab: Any) -> None:
    """It is repeated: its score would say how busy the machine was."""
    with busy(4 * PROCESSORS):
        child = own_lab.child("while True: pass", wall_s=4.0, cpu_s=10.0, timed=True)
        child.send(None)
        with pytest.raises(Starved, match="for a processor"):
            child.receive()


@contextlib.contextmanager
def paused(guest: Any) -> Iterator[None]:
    """The whole guest stands still: by its engine, or each of its processes."""
    if hasattr(guest, "container"):
        with connect() as engine:
            engine.pause(guest.container)
            yield
            engine.unpause(guest.container)
        return
    for signal_ in (signal.SIGSTOP, signal.SIGCONT):
        first = guest._process.pids()[-1]
        for pid in (first, *below(first)):
            os.kill(pid, signal_)
        if signal_ == signal.SIGSTOP:
            yield


def below(pid: int) -> list[int]:
    """All processes that `pid` began, and those that they began."""
    return [each for child in children(pid) for each in (child, *below(child))]


# ---- the run queue, as the kernel's files tell of it


class Proc:
    """A /proc of one guest's processes, to be written as the kernel would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "self").mkdir()
        (folder / "self" / "schedstat").write_text("1 1 1\n")
        self.used = folder / "cpuacct.usage"
        self.used.write_text("0\n")
        self.forks(10)

    def forks(self, last_pid: int) -> None:
        (self.folder / "loadavg").write_text(f"0.00 0.00 0.00 1/9 {last_pid}\n")

    def pressure(self, seconds: float) -> None:
        (self.folder / "pressure").mkdir(exist_ok=True)
        text = f"some avg10=0.00 avg60=0.00 avg300=0.00 total={int(seconds * 1e6)}\nfull avg10=0.00 total=0\n"
        (self.folder / "pressure" / "cpu").write_text(text)

    def thread(self, pid: int, ran_s: float, waited_s: float, state: str = "S") -> None:
        place = self.folder / f"{pid}" / "task" / f"{pid}"
        place.mkdir(parents=True, exist_ok=True)
        (place / "schedstat").write_text(f"{int(ran_s * 1e9)} {int(waited_s * 1e9)} 7\n")
        (place / "stat").write_text(f"{pid} (a b) c) {state} 1 1\n")

    def use(self, seconds: float) -> None:
        self.used.write_text(f"{int(seconds * 1e9)}\n")


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    return Proc(tmp_path)


@pytest.fixture
def queue(proc: Proc) -> Iterator[RunQueue]:
    with proc.used.open("rb") as used:
        queue = RunQueue(Meter(used.fileno()), alone=True, proc=str(proc.folder))
        queue.reset(ME)
        yield queue


ME = os.getppid()
"""Some process that exists, and runs as processes do."""


def moment() -> float:
    """A tenth of a second, by the clock."""
    began = time.monotonic()
    while time.monotonic() - began < 0.1:
        time.sleep(0.01)
    return 0.1


def test_what_the_only_thread_waited_is_kept(proc: Proc, queue: RunQueue) -> None:
    proc.thread(ME, 1.0, 1.0)
    queue.look()
    moment()
    proc.thread(ME, 1.02, 1.08)
    proc.use(0.02)
    assert queue.look().certain == pytest.approx(0.08, abs=0.03)


def test_a_wait_that_has_not_ended_counts_from_the_second_look(proc: Proc, queue: RunQueue) -> None:
    """The kernel adds a wait when it ends: until then it shows as a thread that could run and did not."""
    proc.thread(ME, 1.0, 1.0, "R")
    for _ in range(2):  # new, and then seen to stand still
        queue.look()
    moment()
    assert queue.look().certain == pytest.approx(0.1, abs=0.03)


def test_sleep_is_no_wait(proc: Proc, queue: RunQueue) -> None:
    for _ in range(3):
        proc.thread(ME, 1.0, 0.0, "S")
        moment()
        assert queue.look().certain == 0


def test_what_another_ran_meanwhile_is_no_wait(proc: Proc, queue: RunQueue) -> None:
    other = os.getpid() + 1_000_000
    for pid in (ME, other):
        proc.thread(pid, 1.0, 1.0)
    queue.look()
    moment()
    proc.thread(ME, 1.0, 1.1)
    proc.thread(other, 1.1, 1.0)
    proc.use(0.11)
    assert queue.look().certain < 0.01


def test_who_gave_up_its_turn_does_not_wait(proc: Proc, queue: RunQueue) -> None:
    with subprocess.Popen(["nice", "-n", "10", "sleep", "60"]) as polite:
        while os.getpriority(os.PRIO_PROCESS, polite.pid) < 10:
            time.sleep(0.01)
        proc.thread(polite.pid, 1.0, 1.0)
        queue.look()
        moment()
        proc.thread(polite.pid, 1.0, 1.1)
        assert queue.look().certain == 0
        polite.kill()


def test_what_began_and_ended_unseen_may_have_waited(proc: Proc, queue: RunQueue) -> None:
    """As long as somebody on the machine did, and nothing of the guest ran."""
    proc.pressure(0)
    queue.reset(ME)
    moment()
    proc.pressure(0.08)
    assert queue.look() == (0, 0)
    moment()
    proc.forks(12)
    proc.pressure(0.16)
    proc.use(0.02)
    waits = queue.look()
    assert waits.certain == 0 and 0.03 < waits.possible <= 0.08


def test_without_statistics_nothing_is_known(proc: Proc) -> None:
    (proc.folder / "self" / "schedstat").unlink()
    queue = RunQueue(Meter(None), alone=True, proc=str(proc.folder))
    queue.reset(ME)
    clock = Clock(10.0, False, queue)
    clock.look()
    assert clock.waited() is None


def test_no_candidate_is_waited_for_without_end(proc: Proc, queue: RunQueue) -> None:
    """A guest that hardly runs shows in the end that nothing can be scored on this machine now."""
    proc.thread(ME, 1.0, 0.0)
    queue.reset(ME)
    clock, waited_s, verdict = Clock(0.5, False, queue, most_times=2), 0.0, ""
    while not verdict:
        waited_s += 10.0
        proc.thread(ME, 1.0, waited_s)
        clock.look()
        verdict = clock.verdict()
    assert verdict == "starved"
    assert clock.passed() >= 1.0
