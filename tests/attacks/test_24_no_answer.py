"""24: raise, exit or hang, for a default score. There is none: what is missing has failed."""

from __future__ import annotations

import pytest
from attacks import Arena, task

ENDS = {
    "raise": ("raise SystemError('score 1.0')", "crash"),
    "exit": ("import sys; sys.exit(0)", "exit"),
    "exit hard": ("import os; os._exit(0)", "exit"),
    "kill itself": ("import os; os.kill(os.getpid(), 9)", "lost"),
    "abort": ("import os; os.abort()", "crash"),
    "segmentation fault": ("import ctypes; ctypes.string_at(0)", "crash"),
    "no recursion limit": ("import sys; sys.setrecursionlimit(10**9); packing(count)", "crash|memory|cpu"),
    "hang": ("import time; time.sleep(60)", "wall"),
    "hang deaf": ("import signal, time; signal.pthread_sigmask(0, range(1, 65)); time.sleep(60)", "wall"),
    "stop": ("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", "wall"),
    "spin": ("while True: pass", "cpu"),
    "hang up": ("import os, time; os.close(stolen_port()._out); time.sleep(60)", "closed"),
    "close everything": ("import os, time; os.closerange(0, 256); time.sleep(60)", "closed"),
    "nothing": ("return None", "crash|invalid"),
}


@pytest.mark.parametrize(("body", "failure"), ENDS.values(), ids=ENDS)
def test_no_answer_is_a_failure_with_its_reason(arena: Arena, body: str, failure: str) -> None:
    packing = task("circle_packing_26", cpu_s=1.0, wall_s=2.0 if failure == "wall" else 120.0)
    outcome = arena.attack(packing, f"def packing(count):\n    {body}\n")
    assert outcome.failure in failure.split("|"), outcome


def test_a_program_that_never_loads_is_a_failure(arena: Arena) -> None:
    for addition, failure in (("raise SystemError", "crash"), ("raise SystemExit(0)", "exit"), ("(", "crash")):
        assert arena.attack(task("circle_packing_26"), addition).failure == failure
