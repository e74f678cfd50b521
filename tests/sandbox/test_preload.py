"""What the zygote's own imports leave behind is not taken for a child's."""

from __future__ import annotations

import pytest

from godel.contract import Program
from godel.sandbox import Limits, MiB, Spec, Tier
from godel.sandbox.channel import Session
from godel.sandbox.guest.jobs import RunProgram

DRIVER = """
import os

def run(program, request):
    return sorted(os.listdir("/tmp"))
"""


@pytest.mark.slow
def test_files_of_the_imports_end_no_guest(tier: Tier) -> None:
    """torch._dynamo makes a folder in /tmp, which the user of a child could not remove."""
    pytest.importorskip("torch")
    session = Session(tier.start(Spec("candidate", ("torch._dynamo",), Limits(memory_bytes=2048 * MiB))))
    try:
        session.wait_ready()
        for _ in range(2):
            child = session.spawn(RunProgram(Program({"main.py": ""}), DRIVER))
            assert child.receive() == "ready"
            child.send(None)
            assert child.receive() == []
            assert child.kill().reason == "killed"
            assert not session.dead
    finally:
        session.close()
