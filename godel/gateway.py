"""The doorway for language models. A run without one is a first-class run."""

from __future__ import annotations

from typing import Any, Protocol


class Gateway(Protocol):
    """Holds the keys, on the host. `available` is what a scaffold sees as `model.available`."""

    available: bool

    def reply(self, request: Any) -> dict[str, Any]:
        """The replies to one request, or {"exhausted": true}. Raises ValueError for a
        request that is none."""


class NoModel:
    """No model in this run. The guest refuses before it asks; whoever asks anyway breaks
    the protocol."""

    available = False

    def reply(self, request: Any) -> dict[str, Any]:
        raise ValueError(f"this run has no language model, but was asked {str(request)[:80]}")
