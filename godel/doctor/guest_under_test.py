"""The guest under examination: a new one whenever the last has died or has other limits."""

from __future__ import annotations

from godel.sandbox import Limits, Spec, Tier
from godel.sandbox.channel import Session


class GuestUnderTest:
    """One living guest of `tier` at a time."""

    def __init__(self, tier: Tier) -> None:
        self.tier = tier
        self._session: Session | None = None
        self._limits: Limits | None = None

    def session(self, limits: Limits) -> Session:
        """A guest with `limits` that is ready for a child. Raises SandboxError."""
        if self._session is None or self._session.dead or self._limits != limits:
            self.close()
            self._session, self._limits = Session(self.tier.start(Spec("candidate", (), limits))), limits
            self._session.wait_ready()
        return self._session

    def close(self) -> None:
        if self._session:
            self._session.close()
