"""6: work on when training is over: in `predict`, in a thread that finishes late, in another process.
Where time is the budget the judge's own clock runs on to the last prediction; else the limits do."""

from __future__ import annotations

import pytest
from attacks import COUNTS, LEARNER, Arena, extended, task, timed

TRAINS_ON = {
    "in the first prediction": """
def predict(learner, texts):
    while learner.steps < 170:
        learner.step()
    return honest_predict(learner, texts)
""",
    "a little in each": """
said = {}
def predict(learner, texts):
    for _ in range(40):
        learner.step()
    rows = honest_predict(learner, texts).clone()
    for text, row in zip(texts.tolist(), rows):
        for i in range(len(row)):
            row[i] = said.setdefault(bytes(text[:i]), row[i].clone())   # or it would show as a change
    return rows
""",
    "in a thread": """
import threading
def steps(learner):
    for _ in range(150):
        learner.step()
def train(stream, device, seconds):
    learner = honest_train(stream, device, seconds)
    learner.worker = threading.Thread(target=steps, args=(learner,), daemon=True)
    learner.worker.start()
    return learner
def predict(learner, texts):
    learner.worker.join()
    return honest_predict(learner, texts)
""",
    "in a process": """
import os
def train(stream, device, seconds):
    learner = honest_train(stream, device, seconds)
    learner.done, told = os.pipe()
    if not os.fork():
        for _ in range(150):
            learner.step()
        os.write(told, learner.steps.to_bytes(4, "little"))
        os._exit(0)
    return learner
def predict(learner, texts):
    if learner.done:
        learner.steps, learner.done = int.from_bytes(os.read(learner.done, 4), "little"), None
    return honest_predict(learner, texts)
""",
}
HONEST = "honest_train, honest_predict = train, predict\n"

BURN = """
import os, signal, threading, time
def burn(seconds=4.0):
    end = time.thread_time() + seconds
    while time.thread_time() < end: pass
def in_processes():
    for _ in range(4):
        if not (child := os.fork()):
            burn(1.0)
            os._exit(0)
        os.waitpid(child, 0)
def in_orphans():
    read_fd, write_fd = os.pipe()
    for _ in range(4):
        if not (child := os.fork()):
            if not os.fork():
                burn(1.0)
            os._exit(0)
        os.waitpid(child, 0)
    os.close(write_fd)
    os.read(read_fd, 1)   # ends with the last orphan
def unwaited_for():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in range(400):
        if not (child := os.fork()):
            burn(0.01)
            os._exit(0)
        try: os.waitpid(child, 0)
        except ChildProcessError: pass
def in_a_thread():
    worker = threading.Thread(target=burn)
    worker.start()
    worker.join()
honest_predict, rounds = predict, []
def predict(model, texts):
    rounds.append(texts)
    if len(rounds) == 1:
        WORK()
    return honest_predict(model, texts)
"""
BURNS = ("burn", "in_a_thread", "in_processes", "in_orphans", "unwaited_for")


@pytest.mark.parametrize("later", TRAINS_ON.values(), ids=TRAINS_ON)
def test_training_on_would_pay(arena: Arena, later: str) -> None:
    """The attack works where nobody looks at the clock."""
    nobody_looks = timed(grace_s=60.0)
    outcome = arena.record(nobody_looks, extended(LEARNER, HONEST + later))
    assert outcome.value and outcome.value < arena.honest(nobody_looks, LEARNER), outcome


@pytest.mark.parametrize("later", TRAINS_ON.values(), ids=TRAINS_ON)
def test_the_clock_runs_on_to_the_last_prediction(arena: Arena, later: str) -> None:
    outcome = arena.attack(timed(), HONEST + later, LEARNER)
    assert outcome.failure == "invalid" and "more than its 0.5 s" in outcome.detail, outcome


@pytest.mark.parametrize("work", BURNS)
def test_the_ceiling_on_cpu_time_is_for_all_that_a_program_does(arena: Arena, work: str) -> None:
    outcome = arena.attack(task("byte_lm", cpu_s=2.0), BURN.replace("WORK", work), COUNTS)
    assert outcome.failure == "cpu", outcome
