"""30: widen one's own budget or limits. The host counts, the host's clock runs."""

from __future__ import annotations

import pytest
from attacks import LIMITS, Arena

from godel.gate.smoke import ToyUtility

GREEDY = {
    "calls on": """
def improve(program, utility, model, rng):
    heard = []
    for _ in range(50):
        try:
            heard.append(utility(program))
        except Exception as error:
            last = type(error).__name__
    return program.with_file("heard", f"{len(heard)} {last}")
""",
    "overwrites its counter": """
def improve(program, utility, model, rng):
    heard = []
    for _ in range(50):
        utility.remaining = 10**9
        try:
            heard.append(utility(program))
        except Exception as error:
            last = type(error).__name__
    return program.with_file("heard", f"{len(heard)} {last}")
""",
    "speaks for itself": """
def improve(program, utility, model, rng):
    port, heard = utility._port, []
    for _ in range(50):
        port.send({"utility": program.to_json(), "budget": 10**9, "remaining": 10**9})
        reply = port.receive()
        last = "BudgetExhausted" if reply.get("exhausted") else ""
        heard += [reply["score"]] if "score" in reply else []
    return program.with_file("heard", f"{len(heard)} {last}")
""",
}
RAISE = """
import os, resource, signal, sys, time
def improve(program, utility, model, rng):
    for name in ("CPU", "AS", "NOFILE", "FSIZE", "NPROC", "CORE"):
        try:
            resource.setrlimit(getattr(resource, "RLIMIT_" + name), (resource.RLIM_INFINITY,) * 2)
        except (ValueError, OSError):
            pass
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    signal.setitimer(signal.ITIMER_REAL, 0)
    os.nice(0)
    BODY
"""
SPEAK = """
import os
def improve(program, utility, model, rng):
    os.write(utility._port._out, WORDS.encode() + b"\\n")
    utility._port.receive()
"""
OTHER_WORDS = ('{"model": {"prompt": "x"}}', '{"limits": {"cpu_s": 1000}}', '{"ledger": null}', "[1]", '"done"', "null")


@pytest.mark.parametrize("scaffold", GREEDY.values(), ids=GREEDY)
def test_there_are_as_many_calls_as_the_host_says(arena: Arena, scaffold: str) -> None:
    made = arena.improve(scaffold, ToyUtility(budget=7))
    assert made.program, made
    assert made.program.files["heard"] == "7 BudgetExhausted"
    assert sum("score" in reply for reply in made.transcript) == 7


@pytest.mark.parametrize(
    ("body", "failure"), [("while True: pass", "cpu"), ("time.sleep(60)", "wall"), ("bytearray(1 << 33)", "memory")]
)
def test_limits_can_not_be_raised(arena: Arena, body: str, failure: str) -> None:
    limits = LIMITS.model_copy(update={"cpu_s": 1.0, "wall_s": 2.0 if failure == "wall" else 60.0})
    made = arena.improve(RAISE.replace("BODY", body), limits=limits)
    assert (made.program, made.failure) == (None, failure)


@pytest.mark.parametrize("words", OTHER_WORDS)
def test_other_requests_are_against_the_protocol(arena: Arena, words: str) -> None:
    made = arena.improve(SPEAK.replace("WORDS", repr(words)))
    assert (made.program, made.failure) == (None, "protocol")
