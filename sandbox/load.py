"""How busy this machine is, as far as it can be seen from outside a guest."""

from __future__ import annotations

import os
import time
from pathlib import Path

PRESSURE = Path("/proc/pressure/cpu")
BUSY_SHARE = 0.1
"""Of the time: where somebody waited for a processor for longer, a guest may have waited too."""


class Load:
    """Watches from when it is made. Where the engine is another machine's, it sees only this one."""

    def __init__(self) -> None:
        self._began, self._waited_s = time.monotonic(), waited_s()

    def busy(self) -> bool:
        """Whether somebody may have had to wait for a processor since then."""
        if self._waited_s is None:
            return os.getloadavg()[0] > (os.cpu_count() or 1)
        return (waited_s() or 0.0) - self._waited_s >= BUSY_SHARE * (time.monotonic() - self._began)


def waited_s() -> float | None:
    """Seconds in which somebody waited for a processor, since the machine was started ("some" in
    Documentation/accounting/psi.rst); None where the kernel does not count them."""
    try:
        return int(PRESSURE.read_text().partition("total=")[2].split()[0]) / 1e6
    except (OSError, IndexError):
        return None
