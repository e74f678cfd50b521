"""What a scaffold reads of a task: its description, and what the manifest and the preset say of limits and sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from godel.contract.limits import READ_CHARACTERS, READ_DEPTH, READ_WORDS

from .manifest import Limits

ALWAYS = ("Python's standard library", "numpy", "scipy")
"""What each candidate's sandbox has; torch is there where the machine has it, and named where the task needs it."""


def described(text: str, limits: Limits | None, preset: str, numbers: Mapping[str, Any], preload: Sequence[str]) -> str:
    """The text of `description.md`, and below it the limits, sizes and packages of this preset. Without `limits`
    the program is read."""
    lines = _of_running(limits, preset, numbers, preload) if limits else _of_reading(preset, numbers)
    return f"{text.rstrip()}\n\n## Limits\n\n" + "\n".join(lines) + "\n"


def _of_reading(preset: str, numbers: Mapping[str, Any]) -> list[str]:
    return [
        "- The program is never run: its entry file is read, and the judge works out what it says. It may have "
        f"{READ_CHARACTERS} characters, {READ_WORDS} words and signs, and be nested {READ_DEPTH} deep.",
        "- There may be comments, docstrings, numbers with a name (`STEP = 0.5`), and what is asked for above; in a "
        "function assignments, `if`, `elif`, `else` and `return`, with parameters, names assigned before, numbers, "
        "`+ - * / // % **`, comparisons, `and`, `or`, `not`, `a if b else c`, `min`, `max`, `abs`, `sqrt`, `exp`, "
        "`log`. All numbers are floats.",
        *sizes(preset, numbers),
        "- Anything else, a division by zero or a result that is not finite is a failure: the score is then -1, as "
        "far below the initial program as the reference is above it.",
    ]


def _of_running(limits: Limits, preset: str, numbers: Mapping[str, Any], preload: Sequence[str]) -> list[str]:
    return [
        f"- A run of the program may use {limits.cpu_s:g} s of CPU time and {limits.wall_s:g} s by the wall clock, for "
        f"all that it is asked together, and {limits.memory_mib} MiB of memory. Loading the program counts.",
        *sizes(preset, numbers),
        f"- There are {packages(preload)}; no network, no file that is kept, no second try.",
        "- An exception, an answer against the rules or a run over a limit is a failure: the score is then -1, as far "
        "below the initial program as the reference is above it, however good the other answers were.",
    ]


def sizes(preset: str, numbers: Mapping[str, Any]) -> list[str]:
    """The numbers of the preset by name, in a line; none where it has none."""
    told = ", ".join(f"{name} {value}" for name, value in numbers.items())
    return [f"- Sizes (preset {preset}): {told}."] if told else []


def packages(preload: Sequence[str]) -> str:
    """Those that are there, and which of them are imported before the clock starts."""
    have = [*ALWAYS, *sorted({"torch"} & {each.partition(".")[0] for each in preload})]
    before = [each for each in preload if "." not in each]
    imported = f" ({' and '.join(before)} imported before the clock starts)" if before else ""
    return f"{', '.join(have[:-1])} and {have[-1]}{imported}"
