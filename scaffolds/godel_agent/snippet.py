"""Runs a snippet in this process: its output and its errors are text, and the same text in every run."""

from __future__ import annotations

import contextlib
import io
import random
import re
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

NAME = "<snippet>"
LINES = 500_000
"""How many lines of Python a snippet may run; no clock, so that a replay stops at the same one."""
VARYING = re.compile(r"(?<=0x)[0-9a-f]{6,}|(?<=\()/[^)]*(?=\))")
"""What is not the same in every run: addresses, and paths of a machine in errors."""
CLOCKS = ("time", "monotonic", "perf_counter", "process_time")


class TooLong(BaseException):
    """The snippet ran all the lines that it may."""


def run(code: str, names: Mapping[str, Any], seed: int) -> str:
    """What `code` prints, and how it fails if it does."""
    output = io.StringIO()
    random.seed(seed)
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output), _still(), _bounded():
        try:
            exec(compile(code, NAME, "exec", dont_inherit=True), dict(names))
        except (Exception, SystemExit, TooLong) as error:
            print(told(error))
    return VARYING.sub("…", output.getvalue()) or "It ran, and printed nothing."


def told(error: BaseException) -> str:
    """An error and where it came up, in words that are the same in every run."""
    places = [] if isinstance(error, SyntaxError) else traceback.extract_tb(error.__traceback__)
    own = [each for each in places if each.filename.startswith("program/")]
    last = ([each for each in places if each.filename == NAME] or own)[-1:]
    where = "".join(f" (line {each.lineno} of {each.filename.removeprefix('program/')})" for each in last)
    return VARYING.sub("…", f"{type(error).__name__}: {error}{where}")


@contextlib.contextmanager
def _bounded() -> Iterator[None]:
    left, before = LINES, sys.gettrace()

    def count(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal left
        left -= event == "line"
        if left < 0:
            raise TooLong(f"more than {LINES} lines were run")
        return count

    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(before)


@contextlib.contextmanager
def _still() -> Iterator[None]:
    """While this lasts, clocks stand still: what they say would not be the same in a replay."""
    kept = {name: getattr(time, name) for name in CLOCKS}
    try:
        for name in CLOCKS:
            setattr(time, name, lambda: 0.0)
        yield
    finally:
        for name, clock in kept.items():
            setattr(time, name, clock)
