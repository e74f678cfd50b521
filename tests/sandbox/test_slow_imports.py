"""A guest that does not come up says what its imports wait for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

STUCK = "import sys\nprint('waiting', file=sys.stderr, flush=True)\nsys.stdin.read()\n"
IMPORT_IT = """
from godel.sandbox.guest.imports import import_all

import_all(["stuck"], slow_s=0.2)
assert not __import__("signal").getitimer(__import__("signal").ITIMER_REAL)[0]
"""


def test_the_log_tells_where_slow_imports_are(tmp_path: Path) -> None:
    (tmp_path / "stuck.py").write_text(STUCK)
    command = [sys.executable, "-c", f"import sys; sys.path.append({str(tmp_path)!r})\n{IMPORT_IT}"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdin and process.stderr
    with process.stdin, process.stderr:
        told = iter(process.stderr.readline, "")
        assert any("stuck.py" in line and "line 3" in line for line in told)
        process.stdin.close()
        for _ in told:
            pass
        assert process.wait() == 0  # the import goes on where it was, and no timer is left behind
