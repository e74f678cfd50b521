"""The Docker tier: one hardened container per guest. Default wherever a container engine answers."""

from __future__ import annotations

from .guest import DockerGuest
from .tier import DockerTier

__all__ = ["DockerGuest", "DockerTier"]
