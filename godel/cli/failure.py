"""The one place where an error becomes a line on stderr and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback

from godel.contract.characters import printable
from godel.logs import telling_line

FAILED, BAD_INPUT, RESUMABLE, INTERRUPTED = 1, 2, 3, 130
LONGEST = 1000
"""Characters of a message: what was given, or a guest wrote, may be part of it."""

NUMBERS = {int: "a whole number", list[int]: "whole numbers", float: "a number"}
"""By an option's type, what is expected."""
TRACEBACK = "Traceback (most recent call last):"
FULL = (errno.ENOSPC, errno.EDQUOT)


def reported(error: BaseException) -> int:
    """Print one line about `error`; its exit code. With GODEL_TRACEBACK=1, the traceback before it."""
    if os.environ.get("GODEL_TRACEBACK"):
        traceback.print_exception(error)
    from godel.sandbox import TierMissing

    code = exit_code(error)
    text = shortened(_text(error))  # a guest's log may be part of it
    if not isinstance(error, TierMissing):  # which lists the ways to get one
        text = " ".join(text.split())
    line = printable("; ".join([text[:LONGEST], *getattr(error, "__notes__", ())]))
    if code is None:
        code, line = FAILED, f"internal error: {type(error).__name__}: {line} (GODEL_TRACEBACK=1 shows where)"
    print(f"godel: {line}", file=sys.stderr)
    return code


def exit_code(error: BaseException) -> int | None:
    """None for an error that nobody foresaw."""
    from godel import errors
    from godel.lineage.errors import LineageError, StoreFull
    from godel.sandbox import EngineRefused, SandboxError, SandboxLost, TierMissing
    from godel.tasks import TaskError

    table: list[tuple[type[BaseException] | tuple[type[BaseException], ...], int]] = [
        ((KeyboardInterrupt, errors.Interrupted), INTERRUPTED),
        ((errors.Stopped, StoreFull), RESUMABLE),
        (EngineRefused, FAILED),
        # What a run loses its sandbox by is Unavailable, see work.py; nothing else could be resumed.
        ((errors.UsageError, LineageError, TaskError, TierMissing, SandboxLost, OSError), BAD_INPUT),
        ((errors.GodelError, SandboxError), FAILED),
    ]
    for kinds, code in table:
        if isinstance(error, kinds):
            return code
    return getattr(error, "exit_code", None)  # typer's own


def disk_full(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in FULL


def shortened(text: str) -> str:
    """`text` with a guest's traceback cut down to what was raised, and where."""
    before, traceback, rest = text.partition(TRACEBACK)
    return before + telling_line(traceback + rest) if traceback else text


def _text(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    message = getattr(error, "format_message", None)  # typer's own
    if message is None:
        return str(error) or type(error).__name__
    context = getattr(error, "ctx", None)
    problem = _outside_range(error) or str(message()).rstrip(".")
    return problem + (f"; see {context.command_path} --help" if context else "")


def _outside_range(error: BaseException) -> str:
    """An option's number that is none, or not within its bounds, in the words that settings have; "" for any
    other error. Typer's own words leave out what was given."""
    option, cause = getattr(error, "param", None), getattr(error, "__cause__", None)
    kind = getattr(getattr(option, "type_descriptor", None), "annotation", None)
    if option is None or kind not in NUMBERS or cause is None or not hasattr(cause, "errors"):
        return ""
    from godel.tasks.ranges import Range, shown

    bounded = getattr(option, "min", None) is not None and option.max is not None
    expected = Range(option.min, option.max, kind is not float) if bounded else NUMBERS[kind]
    return f"{option.opts[0]}: expected {expected}; given: {shown(cause.errors()[0]['input'])}"
