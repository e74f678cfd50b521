"""On what a scaffold is scored: a task's instance, on one of three splits."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Split(StrEnum):
    """Which instances: learnt from, reported by selection, or opened once at the end."""

    SEARCH = "search"
    HELD_OUT = "held-out"
    SEALED = "sealed"


class Trial(NamedTuple):
    """One task with one seed on one split. Two scaffolds' scores on it are a pair."""

    task: str
    split: Split
    seed: int
