"""The doorway for language models. A run without one is a first-class run."""

from __future__ import annotations

from typing import Any, Protocol


class NoRequest(Exception):
    """A guest's message is no request of the contract: its failure, and none of ours."""


class Gateway(Protocol):
    """Holds the keys, on the host. `available` is what a scaffold sees as `model.available`."""

    available: bool

    def reply(self, request: Any) -> dict[str, Any]:
        """The replies to one request, or {"exhausted": true}. Raises NoRequest for a
        request that is none."""


class NoModel:
    """No model in this run. The guest refuses before it asks; whoever asks anyway breaks
    the protocol."""

    available = False

    def reply(self, request: Any) -> dict[str, Any]:
        raise NoRequest(f"this run has no language model, but was asked {str(request)[:80]}")
