"""What was asked of a language model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ModelCall:
    """One reply of a language model. The same request may have several, in order."""

    request: str  # hash of the request as it was sent, which is a blob
    reply: Any  # JSON values: a list of replies, or why the request was refused
    tokens: int = 0
    dollars: float = 0.0
    model: str = ""
    place: str = ""  # where in the run it was asked; that and the request make the call
    latency_s: float = 0.0
    remarks: tuple[str, ...] = ()  # what its server left out, and what was done about it
