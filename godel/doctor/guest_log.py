"""What the host keeps of a guest's own stderr: a child has a pipe of its own, so the zygote must write."""

from __future__ import annotations

from dataclasses import dataclass, replace

from godel.sandbox import SandboxLost, Spec
from godel.sandbox.channel import Session

from .attempt import LIMITS, Finding
from .guest_under_test import GuestUnderTest

WRITTEN_BYTES = 64 << 10
"""Below the kernel's limit for one argument, 128 KiB: the zygote is told in one what to import."""


@dataclass(frozen=True)
class GuestLog:
    """Make the zygote complain at length, and look at what was kept."""

    protection: str = "log"
    attempt: str = "flood the guest's own log"
    log_bytes: int = 4 << 10
    unset: tuple[str, ...] = ()

    def carry_out(self, guest: GuestUnderTest) -> Finding:
        size = len(self._complaint(guest).encode())
        holds = self.log_bytes // 2 <= size <= self.log_bytes  # nothing kept would be within any bound
        return Finding(self.protection, self.attempt, holds, f"{size} of {WRITTEN_BYTES} bytes kept")

    def _complaint(self, guest: GuestUnderTest) -> str:
        """The zygote's traceback names the module that is not there."""
        limits = replace(LIMITS, log_bytes=self.log_bytes)
        session = Session(guest.tier.start(Spec("candidate", ("x" * WRITTEN_BYTES,), limits)))
        try:
            session.wait_ready()
        except SandboxLost:
            session.close()  # drains what is still on its way
            return session.guest.log()
        session.close()
        raise SandboxLost("a guest started although a module that it must import is not there")
