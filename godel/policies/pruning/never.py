"""Score every child in full."""

from __future__ import annotations

from dataclasses import dataclass

from godel.policies import Differences


@dataclass(frozen=True)
class Never:
    """Every child is scored in full."""

    def prune(self, differences: Differences) -> str:
        return ""
