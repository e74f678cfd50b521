"""The tiers under test, and a lab bench to run small children in them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import pytest
from runs import tier_or_skip

from godel.contract import Program
from godel.sandbox import Spec, Tier
from godel.sandbox.channel import Child, ChildEnded, Session
from godel.sandbox.guest.jobs import Ceilings, Exit, RunProgram

PROGRAM = Program({"main.py": ""})
PORT = "port = __import__('sys')._getframe(1).f_locals['port']\n"
"""How a hostile driver takes hold of the channel itself."""


class Lab:
    """Runs the body of a driver's `run(program, request)` in children of one guest at a time."""

    def __init__(self, tier: Tier, spec: Spec) -> None:
        self.tier, self.spec = tier, spec
        self.session = self.open()

    def open(self) -> Session:
        session = Session(self.tier.start(self.spec))
        session.wait_ready()
        return session

    def child(self, body: str, **limits: Any) -> Child:
        """A child that is ready to be asked. Renews the guest if the last child took it along."""
        if self.session.dead:
            self.session = self.open()
        driver = "def run(program, request):\n" + textwrap.indent(textwrap.dedent(body), "    ")
        child = self.session.spawn(RunProgram(PROGRAM, driver), Ceilings(**limits))
        assert child.receive(60) == "ready"
        return child

    def ask(self, body: str, request: Any = None, **limits: Any) -> Any:
        """What a child of its own answers."""
        child = self.child(body, **limits)
        child.send(request)
        reply = child.receive(60)
        child.kill()
        return reply

    def exit(self, body: str, request: Any = None, **limits: Any) -> Exit:
        """How a child ends that never answers."""
        child = self.child(body, **limits)
        child.send(request)
        with pytest.raises(ChildEnded) as ended:
            child.receive()
        return ended.value.exit

    def hijack(self, body: str, request: Any = None, **limits: Any) -> Exit:
        """As `exit`, for a body that uses `port` against the protocol."""
        return self.exit(PORT + textwrap.dedent(body), request, **limits)

    def close(self) -> None:
        self.session.close()


@pytest.fixture(
    scope="session",
    params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("docker", "bubblewrap")],
)
def tier(request: pytest.FixtureRequest) -> Tier:
    """Each tier in turn. One that this machine lacks is skipped, and fails where it is required."""
    return tier_or_skip(request.param)


@pytest.fixture(scope="module")
def lab(tier: Tier) -> Iterator[Lab]:
    """Shared by a file's tests: that they don't disturb each other is part of what they test."""
    lab = Lab(tier, Spec("candidate"))
    yield lab
    lab.close()


@pytest.fixture
def own_lab(tier: Tier) -> Iterator[Lab]:
    """For a test that changes the host's side, or counts what a guest leaves there."""
    lab = Lab(tier, Spec("candidate"))
    yield lab
    lab.close()
