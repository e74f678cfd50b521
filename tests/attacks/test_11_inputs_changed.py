"""11: zero the inputs in place, or put easier ones there. What a program gets is a copy made of bytes: the
judge, in another sandbox, scores by what it drew."""

from __future__ import annotations

import pytest
from attacks import COUNTS, Arena, task

IN_PLACE = {
    "maxcut": """
honest_cut = cut
def cut(nodes, edges):
    sides = honest_cut(nodes, edges)
    edges[:] = [(0, 1, 1)]
    return sides
""",
    "online_bin_packing": """
honest_priority = priority
def priority(item, bins):
    wanted = honest_priority(item, bins)
    bins[:] = 1e9
    return wanted
""",
    "learning_parity_with_noise": """
honest_predict = predict
def predict(bits, samples, labels, queries):
    answers = honest_predict(bits, samples, labels, queries)
    samples[:], labels[:], queries[:] = [0] * len(samples), [0] * len(labels), [0] * len(queries)
    return answers
""",
    "byte_lm": """
honest_train, honest_predict = train, predict
def train(stream, device, seconds):
    def zeroed():
        for chunk, progress in stream:
            yield chunk.clone(), progress
            chunk.zero_()
    return honest_train(zeroed(), device, seconds)
def predict(model, texts):
    logits = honest_predict(model, texts)
    texts.zero_()
    return logits
""",
}
BEHIND_THE_BACK = {
    "smaller items": """
import sys
def priority(item, bins):
    frame = sys._getframe()
    while "fits" not in frame.f_locals:
        frame = frame.f_back
    frame.f_locals["items"][:] = 1      # what the driver still has to place
    frame.f_locals["room"][:] = 1e9
    return -bins
""",
    "one item": """
import sys
def priority(item, bins):
    frame = sys._getframe()
    while "fits" not in frame.f_locals:
        frame = frame.f_back
    frame.f_locals["items"].resize(1, refcheck=False)
    return -bins
""",
}
OTHER_ROWS = """
import sys
honest_predict = predict
def predict(model, texts):
    frame = sys._getframe()
    while "rows" not in frame.f_locals:
        frame = frame.f_back
    frame.f_locals["rows"].VALUE        # the driver hands in the logits of these
    return honest_predict(model, texts)
"""


@pytest.mark.parametrize("name", IN_PLACE)
def test_zeros_in_place_of_the_inputs_change_nothing(arena: Arena, name: str) -> None:
    arena.unmoved(task(name, cpu_s=60.0), IN_PLACE[name], COUNTS if name == "byte_lm" else "")


@pytest.mark.parametrize("change", BEHIND_THE_BACK.values(), ids=BEHIND_THE_BACK)
def test_the_items_that_count_are_the_judges(arena: Arena, change: str) -> None:
    outcome = arena.attack(task("online_bin_packing", cpu_s=60.0), change)
    assert outcome.failure in ("invalid", "crash"), outcome


@pytest.mark.parametrize("value", ["zero_()", "copy_(frame.f_locals['rows'] * 0 + 3)", "sub_(1).clamp_(0)"])
def test_the_rows_that_count_are_the_judges(arena: Arena, value: str) -> None:
    """Row 0 and row 3 are letters of a name and a colon: sure things, or nearly, but not the rows asked for."""
    arena.attack(task("byte_lm", cpu_s=60.0), OTHER_ROWS.replace("VALUE", value), COUNTS)
