"""What somebody has to say of a run as a whole, for a page or an export to hand on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Remarks:
    lines: Sequence[str]
    advice: Sequence[tuple[str, str]]  # what a command would change, and the command
    facts: Any  # the same as a record, for programs


def none() -> None:
    return None
