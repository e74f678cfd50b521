"""How well an improver improves micro problems that are drawn for this."""

from __future__ import annotations

from godel.tasks.landscapes.improving import instance, score

__all__ = ["instance", "score"]
