"""18: look at the byte that is to be predicted, or at later ones; hand in more probability than there is."""

from __future__ import annotations

import pytest
from attacks import COUNTS, Arena, task

PEEKS = {
    "its own byte": "logits + 20.0 * one_hot(texts)",
    "the next byte": "logits + 20.0 * one_hot(texts.roll(-1, 1))",
    "a little": "logits + 0.5 * one_hot(texts)",
    "the whole text": "logits + (texts.float().mean(1)[:, None, None] - 105) * torch.arange(256) / 10",
    "other texts of the batch": "logits + 5.0 * one_hot(texts.roll(1, 0))",
}
PEEK = """
honest_predict = predict
def one_hot(texts): return torch.nn.functional.one_hot(texts.long(), 256)
def predict(model, texts):
    logits = honest_predict(model, texts)
    return PEEK
"""
NO_PROBABILITIES = {
    "all certain": "torch.full_like(logits, 1e30)",
    "all possible": "torch.zeros_like(logits)",
    "nan": "logits * torch.nan",
    "infinite": "torch.full_like(logits, torch.inf)",
    "one infinite": "logits.masked_fill(one_hot(texts).bool(), torch.inf)",
    "another shape": "logits[..., :1]",
}


@pytest.mark.parametrize("peek", PEEKS.values(), ids=PEEKS)
def test_a_look_ahead_is_found_out(arena: Arena, peek: str) -> None:
    outcome = arena.attack(task("byte_lm", cpu_s=60.0, wall_s=120.0), PEEK.replace("PEEK", peek), COUNTS)
    assert outcome.failure == "invalid", outcome


@pytest.mark.parametrize("logits", NO_PROBABILITIES.values(), ids=NO_PROBABILITIES)
def test_the_judge_makes_the_probabilities_itself(arena: Arena, logits: str) -> None:
    byte_lm = task("byte_lm", cpu_s=60.0, wall_s=120.0)
    outcome = arena.attack(byte_lm, PEEK.replace("PEEK", logits), COUNTS)
    assert outcome.failure in (None, "invalid", "crash"), outcome
