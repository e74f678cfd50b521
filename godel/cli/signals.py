"""Ctrl-C and SIGTERM: the first stops cleanly, the second at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_asked = threading.Event()
"""Whether somebody has asked to stop, and that is not done yet."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Inside, the first signal raises KeyboardInterrupt in the main thread; a second one,
    while that is being cleaned up, ends the process (what it leaves behind is reaped later)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _asked.clear()
    before = [signal.signal(number, _first) for number in SIGNALS]
    try:
        yield
    finally:
        _asked.clear()
        for number, handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)


def raise_if_lost() -> None:
    """KeyboardInterrupt, where a signal came that raised it in vain: in a finalizer or a callback of the collector
    Python only prints what is raised."""
    if _asked.is_set():
        raise KeyboardInterrupt


def _first(number: int, frame: FrameType | None) -> None:
    for each in SIGNALS:
        signal.signal(each, _second)
    _asked.set()
    raise KeyboardInterrupt


def _second(number: int, frame: FrameType | None) -> None:
    os._exit(130)
