"""A machine that is busy: processes beside the guests that never stop running."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

SPIN = "while True: pass"


@contextlib.contextmanager
def busy(processes: int = 8) -> Iterator[None]:
    """Beside this many that spin, each of them running when the block begins."""
    spinners = [subprocess.Popen([sys.executable, "-c", f"print(flush=True)\n{SPIN}"], stdout=subprocess.PIPE)
                for _ in range(processes)]  # fmt: skip
    try:
        for spinner in spinners:
            assert spinner.stdout and spinner.stdout.readline()
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
        for spinner in spinners:
            spinner.communicate()
