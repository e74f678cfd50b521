"""16: gain by rounding: fewer digits, numbers at the ends of their range, more probability than there is in
a sum that loses small terms. The judge widens what it gets, and counts in double precision or exactly."""

from __future__ import annotations

import numpy as np
import pytest
from attacks import COUNTS, Arena, extended, task

from godel.tasks.byte_lm import judge

NOISE = 1e-3
"""Bits: rounded logits are another model, by luck better or worse by about so much."""

ROUNDED = {
    "half": "logits.half()",
    "bfloat16": "logits.bfloat16()",
    "eight bits": "logits.to(torch.float8_e4m3fn)",
    "whole numbers": "logits.long()",
    "far from zero": "logits + 1e4",
    "so far that all are alike": "logits + 1e30",
    "double, further than that": "logits.double() + 1e300",
    "denormal": "(logits.double() * 1e-310)",
    "complex": "logits.to(torch.complex64)",
    "nearly certain": "logits.masked_fill(logits == logits.amax(-1, keepdim=True), 3e38)",
    "a tail of denormal probabilities": "logits.masked_fill(logits < 0, -735.0)",
    "a tail of none at all": "logits.masked_fill(logits < 0, -3e38)",
    "a tail of nan": "logits.masked_fill(logits < 0, torch.nan)",
    "nan for the likely": "logits.masked_fill(logits > 0, torch.nan)",
    "infinite": "logits.masked_fill(logits < 0, -torch.inf)",
}
PREDICT = """
honest_predict = predict
def predict(model, texts):
    logits = honest_predict(model, texts)
    return LOGITS
"""
TOUCHING = """
import numpy as np
def packing(count):
    place = np.arange(count)
    return np.column_stack([1 / 16 + place % 8 / 8, 1 / 16 + place // 8 / 8, np.full(count, 1 / 16)])
"""
"""Each circle touches its neighbours exactly: 1 / 16 is a number that floats have."""

TOO_LARGE = {
    "the next double": "np.nextafter(rows, np.where(np.arange(3) == 2, 1, rows))",
    "the next single": "np.nextafter(rows.astype('f4'), np.where(np.arange(3) == 2, 1, rows).astype('f4'))",
    "the next half": "np.nextafter(rows.astype('f2'), np.where(np.arange(3) == 2, 1, rows).astype('f2'))",
    "one circle": "rows + np.outer(np.arange(count) == 9, [0, 0, 1e-17])",
    "nearer by a denormal": "rows - np.outer(np.arange(count) == 0, [1e-310, 0, -1e-310])",
}


@pytest.mark.parametrize("logits", ROUNDED.values(), ids=ROUNDED)
def test_rounded_logits_gain_no_more_than_noise(arena: Arena, logits: str) -> None:
    byte_lm = task("byte_lm", cpu_s=60.0)
    outcome = arena.record(byte_lm, extended(COUNTS, PREDICT.replace("LOGITS", logits)))
    assert outcome.failure in (None, "invalid", "crash"), outcome
    assert outcome.value is None or outcome.value > arena.honest(byte_lm, COUNTS) - NOISE


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_a_tail_too_thin_for_a_sum_is_not_free(kind: type[np.floating]) -> None:
    """Each term is lost in a sum of so few digits, which makes of all of them together a gift."""
    tail = np.log(np.finfo(kind).eps / 4)
    logits = np.array([0.0] + [tail] * 255)
    few = np.exp(logits).astype(kind)
    total = few[0]
    for each in few[1:]:
        total = kind(total + each)
    assert total == 1 and few.astype(float).sum() > 1 + 40 * np.finfo(kind).eps, "the attack itself is broken"
    assert np.exp2(judge.log2_softmax(logits)).sum() == pytest.approx(1, abs=1e-12)


def test_a_probability_too_small_for_a_float_costs_what_it_is() -> None:
    costs = judge.log2_softmax(np.array([0.0, -735.0, -5000.0]))
    assert costs.tolist() == pytest.approx([0, -735 / np.log(2), -5000 / np.log(2)])


@pytest.mark.parametrize("rows", TOO_LARGE.values(), ids=TOO_LARGE)
def test_circles_that_overlap_by_a_last_digit_overlap(arena: Arena, rows: str) -> None:
    """What a double can't hold is rounded away, and with it the gain."""
    larger = f"touching = packing\ndef packing(count):\n    rows = touching(count)\n    return {rows}"
    outcome = arena.attack(task("circle_packing_26"), larger, TOUCHING)
    assert outcome.failure == "invalid" or outcome.value == 26 / 16, outcome
