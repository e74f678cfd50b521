"""What of an outcome goes back into a scaffold's sandbox besides the score: why a program failed, and numbers.

In forms of the laboratory's own, and bounded: a program that fails may write what it was given into its exception.
That is the instance that its scaffold may learn from, never one that scores it (docs/decisions.md).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from godel.contract.characters import printable
from godel.contract.limits import LOG_CHARACTERS, TOLD_CHARACTERS, TOLD_NAME_CHARACTERS, TOLD_NUMBERS
from godel.scoring.bench import Outcome
from godel.tasks import Task

DIGITS = 4
"""Decimals of a score that go back into a sandbox: enough to climb, few to leak by."""

ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+")
"""Of an object: another one in every process, and the same program must be told the same."""

RAISED = re.compile(r"[A-Za-z_][\w.]{0,80}(: |$| \()")
"""How a line begins that says what was raised. A crash without one (a signal) left nothing but its own prints."""

OWN_WORDS = frozenset({"invalid", "garbage", "contract"})
"""Failures whose detail is the judge's or the laboratory's."""


def detail(task: Task, outcome: Outcome) -> str:
    """Why the program failed, in a line: "NameError: name 'np' is not defined (main.py:12 in cut)"; "" where there is
    nothing to say."""
    limit = limits_in_words(task).get(outcome.failure or "")
    if limit:
        return f"over its limit of {limit}"
    said = outcome.detail
    if outcome.failure in OWN_WORDS or (outcome.failure == "crash" and RAISED.match(said)):
        return line(said)
    return ""


def limits_in_words(task: Task) -> dict[str, str]:
    """By the failure that going over it is."""
    return {
        "cpu": f"{task.cpu_s:g} s of CPU time",
        "wall": f"{task.wall_s:g} s by the wall clock",
        "memory": f"{task.memory_bytes >> 20} MiB of memory",
    }


def line(text: str, most: int = TOLD_CHARACTERS) -> str:
    """`text` as one line of visible characters, `most` at most, the same in every process."""
    said = " ".join(printable(ADDRESS.sub("0x…", text[: 4 * most])).split())
    return said if len(said) <= most else said[: most - 1] + "…"


def numbers(told: Mapping[str, Any]) -> dict[str, float]:
    """What a judge tells of an instance, as far as it is numbers: the first ones, with short names, rounded."""
    kept = {
        line(str(name), TOLD_NAME_CHARACTERS): round(float(value), DIGITS)
        for name, value in told.items()
        if isinstance(value, int | float) and math.isfinite(value)
    }
    return dict(list(kept.items())[:TOLD_NUMBERS])


def printed(log: str) -> str:
    """The end of what an improve has printed, the same in every process."""
    said = printable(ADDRESS.sub("0x…", log.strip()))
    return said if len(said) <= LOG_CHARACTERS else f"…{said[1 - LOG_CHARACTERS :]}"
