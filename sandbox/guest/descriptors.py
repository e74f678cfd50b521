"""Which descriptors a process keeps."""

from __future__ import annotations

import os
from collections.abc import Iterable


def close_all_but(wanted: Iterable[int]) -> None:
    """Every other descriptor of this process."""
    first = 0
    for fd in (*sorted(wanted), os.sysconf("SC_OPEN_MAX")):
        if first < fd:  # an empty range from 0 on would be taken for all
            os.closerange(first, fd)
        first = fd + 1
