"""The processes of a guest, seen from outside, as an operator or the kernel sees them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from godel.sandbox import Guest
from godel.sandbox.bubblewrap import BubblewrapGuest, nurseries
from godel.sandbox.docker import DockerGuest
from godel.sandbox.processes import children


def outermost(guest: Guest) -> int:
    """The first process of a guest: bwrap, or the container's init. Its end is the guest's."""
    if isinstance(guest, BubblewrapGuest):
        return guest._process.pids()[0]
    assert isinstance(guest, DockerGuest)
    return int(guest._state()["Pid"])


@contextmanager
def own_nurseries(patch: pytest.MonkeyPatch) -> Iterator[nurseries.Nurseries]:
    """Tiers that are made within share theirs with no other test, whose guests would end with them."""
    known = nurseries.Nurseries()
    patch.setattr(nurseries, "shared", lambda pid: known)
    try:
        yield known
    finally:
        known.end()


def processes(guest: Guest) -> dict[str, int]:
    """By what they are, the processes of a guest that runs one child: "outermost", "zygote" and "child"."""
    chain = [outermost(guest)]
    while below := children(chain[-1]):
        chain.append(below[0])
    return {"outermost": chain[0], "zygote": chain[-2], "child": chain[-1]}


def pause(guest: Guest) -> None:
    """As an operator does: the engine's pause, or SIGSTOP."""
    if isinstance(guest, DockerGuest):
        subprocess.run(["docker", "pause", guest.container], check=True, capture_output=True)
    else:
        subprocess.run(["kill", "-STOP", str(processes(guest)["zygote"])], check=True)


def all_of(command_line: str) -> list[int]:
    """Every process of this machine whose command line holds these words."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            words = (each / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:  # it has just ended
            continue
        if command_line in words:
            found.append(int(each.name))
    return found
