"""A machine that is busy: processes beside the guests that never stop running."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

SPIN = "while True: pass"


@contextlib.contextmanager
def busy(processes: int = 8) -> Iterator[None]:
    """Beside this many that spin, each of them running when the block begins, and each in a session of its
    own: the kernel shares processors out among sessions first (sched_autogroup), and would give all of
    one no more than a guest."""
    spin = [sys.executable, "-c", f"print(flush=True)\n{SPIN}"]
    spinners = [subprocess.Popen(spin, stdout=subprocess.PIPE, start_new_session=True) for _ in range(processes)]
    try:
        for spinner in spinners:
            assert spinner.stdout and spinner.stdout.readline()
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
        for spinner in spinners:
            spinner.communicate()
