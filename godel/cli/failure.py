"""The one place where an error becomes a line on stderr and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback

FAILED, BAD_INPUT, RESUMABLE, INTERRUPTED = 1, 2, 3, 130
FULL = (errno.ENOSPC, errno.EDQUOT)


def reported(error: BaseException) -> int:
    """Print one line about `error`; its exit code. With GODEL_TRACEBACK=1, the traceback before it."""
    if os.environ.get("GODEL_TRACEBACK"):
        traceback.print_exception(error)
    code = exit_code(error)
    text = _text(error) if code == BAD_INPUT else " ".join(_text(error).split())  # a log may be part of it
    line = "; ".join([text, *getattr(error, "__notes__", ())])
    if code is None:
        code, line = FAILED, f"internal error: {type(error).__name__}: {line} (GODEL_TRACEBACK=1 shows where)"
    print(f"godel: {line}", file=sys.stderr)
    return code


def exit_code(error: BaseException) -> int | None:
    """None for an error that nobody foresaw."""
    from godel import errors
    from godel.lineage.errors import LineageError, StoreFull
    from godel.sandbox import SandboxError, SandboxLost, TierMissing
    from godel.tasks import TaskError

    table: list[tuple[type[BaseException] | tuple[type[BaseException], ...], int]] = [
        ((KeyboardInterrupt, errors.Interrupted), INTERRUPTED),
        ((errors.Stopped, StoreFull, SandboxLost), RESUMABLE),
        ((errors.UsageError, LineageError, TaskError, TierMissing), BAD_INPUT),
        ((errors.GodelError, SandboxError), FAILED),
    ]
    for kinds, code in table:
        if isinstance(error, kinds):
            return code
    if isinstance(error, OSError):
        return RESUMABLE if error.errno in FULL else BAD_INPUT
    return getattr(error, "exit_code", None)  # typer's own


def _text(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    message = getattr(error, "format_message", None)  # typer's own
    if message is None:
        return str(error) or type(error).__name__
    context = getattr(error, "ctx", None)
    return str(message()).rstrip(".") + (f"; see {context.command_path} --help" if context else "")
