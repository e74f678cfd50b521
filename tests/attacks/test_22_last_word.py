"""22: have the last word: at exit, in a signal handler, in a finaliser, in a thread. The supervisor has it."""

from __future__ import annotations

import pytest
from attacks import Arena, task

LAST_WORDS = {
    "atexit": "atexit.register(rewrite)",
    "signals": "for number in (1, 2, 10, 12, 14, 15, 24): signal.signal(number, rewrite)",
    "finaliser": "weakref.finalize(rewrite, rewrite)\nclass Last:\n    def __del__(self): rewrite()\nlast = Last()",
    "at fork": "os.register_at_fork(before=rewrite, after_in_child=rewrite)",
    "excepthook": "sys.excepthook = sys.unraisablehook = threading.excepthook = rewrite",
    "timer": "signal.signal(signal.SIGALRM, rewrite); signal.setitimer(signal.ITIMER_REAL, 0.3, 0.05)",
}
REWRITE = """
import atexit, os, signal, sys, threading, weakref
port = stolen_port()
def rewrite(*_):
    os.write(port._out, b'{"npy": ""}\\n')
"""
THREAD = """
import threading
asked, spoken = threading.Event(), threading.Event()
def talk():
    asked.wait()
    while True:
        rewrite()
        spoken.set()
threading.Thread(target=talk, daemon=True).start()
honest_packing = packing
def packing(count):
    asked.set()
    spoken.wait()
    return honest_packing(count)
"""


@pytest.mark.parametrize("words", LAST_WORDS.values(), ids=LAST_WORDS)
def test_the_answer_that_was_given_stands(arena: Arena, words: str) -> None:
    arena.unmoved(task("circle_packing_26"), REWRITE + words)


def test_a_thread_that_talks_in_between_is_ended(arena: Arena) -> None:
    outcome = arena.attack(task("circle_packing_26"), REWRITE + THREAD)
    assert outcome.failure in ("out of turn", "invalid"), outcome
