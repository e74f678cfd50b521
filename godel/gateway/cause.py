"""What lies at the bottom of a failure, where the libraries above it say no more than "connection error"."""

from __future__ import annotations

import os
from collections.abc import Iterator


def system_cause(error: BaseException) -> str:
    """What the operating system said, such as "connection refused"; "" where it had no part in the failure."""
    known = (each.errno for each in chain(error) if isinstance(each, OSError) and each.errno and each.errno > 0)
    number = next(known, None)
    return os.strerror(number).lower() if number else ""


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and what it was raised from or while."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
