"""Who ended a guest: somebody outside, its memory limit, or what runs in it."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import pytest
from guests import pause, processes

from godel.sandbox import Limits, MiB, SandboxLost, Spec, Tier
from godel.sandbox.channel import ChildEnded, Session

from .conftest import Lab

ASLEEP = "import time\ntime.sleep(600)"
HOARD = "hoard = []\nwhile True: hoard.append(bytearray(b'x') * (1 << 20))"


@pytest.mark.parametrize("victim", ["outermost", "zygote"])
def test_a_guest_that_is_killed_from_outside_is_our_failure(own_lab: Lab, victim: str) -> None:
    child = own_lab.child(ASLEEP)
    child.send(None)
    os.kill(processes(own_lab.session.guest)[victim], signal.SIGKILL)
    # A zygote of bubblewrap's may outlive the bwrap that was killed, and is silent then.
    with pytest.raises(SandboxLost, match="killed from outside"):
        child.receive(2.0 if victim == "outermost" else 60)
    assert own_lab.session.dead


def test_so_is_one_that_dies_while_it_is_spoken_to(own_lab: Lab) -> None:
    child = own_lab.child("return request")
    os.kill(processes(own_lab.session.guest)["zygote"], signal.SIGKILL)
    with pytest.raises(SandboxLost, match="killed from outside"):
        for _ in range(100):
            child.send("x" * MiB)
            child.receive(60)


@pytest.mark.parametrize(
    ("number", "reason"), [(signal.SIGKILL, "lost"), (signal.SIGTERM, "crash"), (signal.SIGSEGV, "crash")]
)
def test_a_child_that_is_killed_from_outside_is_unexplained(own_lab: Lab, number: int, reason: str) -> None:
    child = own_lab.child(ASLEEP)
    child.send(None)
    os.kill(processes(own_lab.session.guest)["child"], number)
    with pytest.raises(ChildEnded) as ended:
        child.receive(60)
    assert ended.value.exit.reason == reason
    assert ended.value.exit.unexplained
    assert not own_lab.session.dead


def test_so_is_one_that_was_stopped_when_its_time_ran_out(own_lab: Lab) -> None:
    child = own_lab.child("while True: pass", wall_s=1.0)
    child.send(None)
    os.kill(processes(own_lab.session.guest)["child"], signal.SIGSTOP)
    with pytest.raises(ChildEnded) as ended:
        child.receive(60)
    assert ended.value.exit.reason == "wall"
    assert ended.value.exit.unexplained


def test_a_childs_own_errors_are_explained(lab: Lab) -> None:
    assert not lab.exit("raise ValueError").unexplained
    assert not lab.exit("import time\ntime.sleep(600)", wall_s=0.5).unexplained


def test_so_is_one_that_kills_itself(lab: Lab) -> None:
    ended = lab.exit("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert ended.reason == "lost"


@pytest.fixture
def tight(tier: Tier) -> Any:
    lab = Lab(tier, Spec("candidate", limits=Limits(memory_bytes=160 * MiB)))
    yield lab
    lab.close()


def test_a_child_that_its_memory_limit_killed_is_not(tight: Lab) -> None:
    if "memory of a guest as a whole (each process has a limit of its own)" in tight.tier.unset():
        pytest.skip("no writable memory cgroup")
    assert tight.exit(HOARD).reason == "memory"
    assert tight.session.oom_seen
    # The limit has killed before: it does not explain this end, nor that of the guest.
    assert tight.exit("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)").reason == "lost"


def test_a_guest_that_somebody_has_paused_is_our_failure(own_lab: Lab) -> None:
    child = own_lab.child(ASLEEP)
    child.send(None)
    pause(own_lab.session.guest)
    with pytest.raises(SandboxLost, match="paused from outside"):
        child.receive(1.0)


def test_one_that_is_silent_by_itself_has_stalled(own_lab: Lab) -> None:
    child = own_lab.child(ASLEEP)
    child.send(None)
    with pytest.raises(ChildEnded) as ended:
        child.receive(0.5)
    assert ended.value.exit.reason == "stalled"


def test_a_guest_that_its_owner_ends_is_no_childs_failure(own_lab: Lab) -> None:
    """A run that is stopped ends its guests while threads wait on them."""
    child = own_lab.child(ASLEEP)
    child.send(None)
    session: Session = own_lab.session
    ender = threading.Thread(target=session.guest.kill)
    ender.start()
    with pytest.raises(SandboxLost, match="was killed"):
        child.receive(60)
    ender.join()
