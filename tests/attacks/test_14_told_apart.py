"""14: tell the call that is checked from the call that counts. All look the same, and each is checked."""

from __future__ import annotations

import pytest
from attacks import CLAIRVOYANT, COUNTS, Arena, extended, task

TELLS = {
    "first process": "os.getpid() == min(os.getpid(), ordinal())",
    "odd process": "os.getpid() % 2",
    "even process": "os.getpid() % 2 == 0",
    "warm clock": "time.clock_gettime(time.CLOCK_MONOTONIC) % 1 < 0.5",
    "litter": "not os.listdir('/tmp')",
}
SOMETIMES = """
import os, time
def ordinal():
    return max(int(name) for name in os.listdir("/proc") if name.isdigit())
clairvoyant, honest_here = priority, not (TELL)
def priority(item, bins):
    return item - bins if honest_here else clairvoyant(item, bins)
"""
LATER_ROUNDS = """
import torch
honest_predict, rounds = predict, []
def predict(model, texts):
    rounds.append(texts)
    logits = honest_predict(model, texts)
    return logits if len(rounds) < 8 else torch.nn.functional.one_hot(texts.long(), 256) * 20.0
"""


@pytest.mark.parametrize("tell", TELLS.values(), ids=TELLS)
def test_peeking_in_some_runs_only_is_found_out(arena: Arena, tell: str) -> None:
    """Whatever it goes by: it peeks in the run that counts and is caught, or it does not and gains nothing
    by peeking elsewhere. (Best fit is its honest half: the initial program is no measure here.)"""
    packing = task("online_bin_packing")
    best_fit = arena.record(packing, packing.reference).value
    outcome = arena.record(packing, extended(packing.initial, CLAIRVOYANT + SOMETIMES.replace("TELL", tell)))
    assert outcome.failure == "invalid" or outcome.value == best_fit, outcome


def test_peeking_in_later_rounds_only_is_found_out(arena: Arena) -> None:
    outcome = arena.attack(task("byte_lm"), LATER_ROUNDS, COUNTS)
    assert outcome.failure == "invalid", outcome
