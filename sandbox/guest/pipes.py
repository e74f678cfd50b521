"""Pipes that are read without waiting."""

from __future__ import annotations

import os


def read_some(fd: int, size: int) -> bytes:
    """What there is, at most `size` bytes; nothing where there is none yet, or never will be."""
    try:
        return os.read(fd, size)
    except BlockingIOError:
        return b""
