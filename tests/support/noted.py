"""A pool that tells afterwards what its guests were for."""

from __future__ import annotations

from godel.sandbox import Spec, Tier
from godel.sandbox.channel import Session
from godel.scoring.pool import Pool


class Noted(Pool):
    """Remembers whom it took guests for."""

    def __init__(self, tier: Tier) -> None:
        super().__init__(tier)
        self.roles: list[str] = []

    def take(self, spec: Spec) -> Session:
        self.roles.append(spec.role)
        return super().take(spec)
