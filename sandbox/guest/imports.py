"""The heavy imports of a guest's first program: libraries of the image, done before anything untrusted runs."""

from __future__ import annotations

import faulthandler
import importlib
import signal
from collections.abc import Iterable

SLOW_S = 60.0
"""After this long the guest's log gets where they are: one that never comes up has then said what it waited for."""


def import_all(names: Iterable[str], slow_s: float = SLOW_S) -> None:
    """Import each. Slow ones are told by a signal and not by a thread, which would not survive the forks to come."""
    faulthandler.register(signal.SIGALRM)
    signal.setitimer(signal.ITIMER_REAL, slow_s)
    try:
        for name in names:
            importlib.import_module(name)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        faulthandler.unregister(signal.SIGALRM)
