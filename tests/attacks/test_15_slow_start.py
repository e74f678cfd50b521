"""15: slow the warm-up down, so that less work is asked for. How much is asked for is fixed: counts and
bytes. Where the clock decides, a slow start is one's own loss."""

from __future__ import annotations

import pytest
from attacks import COUNTS, LEARNER, Arena, extended, task, timed

SLOW = """
import time
time.sleep(SECONDS)
honest, calls = NAME, []
def NAME(*given):
    calls.append(given)
    if len(calls) < 3:
        time.sleep(SECONDS)
    return honest(*given)
"""
WARMED_UP = {
    "circle_packing_26": ("packing", 1.0),
    "learning_parity_with_noise": ("predict", 0.5),
    "maxcut": ("cut", 0.5),
    "online_bin_packing": ("priority", 0.03),  # a warm-up for each stream: the program is loaded anew
    "byte_lm": ("predict", 0.5),
}
SLOW_TRAINING = """
import time
honest_train = train
def train(stream, device, seconds):
    def late():
        for index, item in enumerate(stream):
            if not index:
                time.sleep(SECONDS)
            yield item
    return honest_train(late(), device, seconds)
"""
THEN_PEEK = """
import time
honest_predict, rounds = predict, []
def predict(model, texts):
    rounds.append(texts)
    time.sleep(2.0 if len(rounds) == 1 else 0.0)
    return torch.nn.functional.one_hot(texts.long(), 256) * 20.0 if len(rounds) == 16 else honest_predict(model, texts)
"""


@pytest.mark.parametrize("name", WARMED_UP)
def test_a_slow_start_changes_nothing(arena: Arena, name: str) -> None:
    function, seconds = WARMED_UP[name]
    slow = SLOW.replace("NAME", function).replace("SECONDS", str(seconds))
    arena.unmoved(task(name, cpu_s=60.0), slow, COUNTS if name == "byte_lm" else "")


def test_bytes_are_counted_and_not_seconds(arena: Arena) -> None:
    byte_lm = task("byte_lm", cpu_s=60.0)
    second = SLOW_TRAINING.replace("SECONDS", "1.0")
    plain, slow = (arena.record(byte_lm, extended(COUNTS, each)) for each in ("", second))
    assert slow.value == plain.value and slow.details == plain.details
    assert slow.details["train_bytes"] == byte_lm.preset["train_bytes"]


def test_after_a_slow_start_the_last_round_is_asked_for_all_the_same(arena: Arena) -> None:
    outcome = arena.attack(task("byte_lm", cpu_s=60.0), THEN_PEEK, COUNTS)
    assert outcome.failure == "invalid" and "changed" in outcome.detail, outcome


def test_by_the_clock_a_slow_start_is_a_loss(arena: Arena) -> None:
    """The whole budget asleep: one chunk is all that is handed out."""
    outcome = arena.attack(timed(), SLOW_TRAINING.replace("SECONDS", "0.6"), LEARNER)
    assert outcome.failure is None and outcome.details["train_bytes"] == 512, outcome
