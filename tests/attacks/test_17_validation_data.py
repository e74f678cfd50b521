"""17: train on the validation data. They are drawn in the judge, from a seed that comes after the program."""

from __future__ import annotations

import base64

from attacks import COUNTS, SEED, Arena, extended, task

from godel.tasks import Task
from godel.tasks.byte_lm import judge

BY_HEART = """
import base64
stolen = torch.tensor(list(base64.b64decode(STOLEN)), dtype=torch.uint8)
honest_train = train
def train(stream, device, seconds):
    def longer():
        yield from stream
        for _ in range(20):
            yield stolen, 1.0
    return honest_train(longer(), device, seconds)
"""
HUNT = """
import gc
honest_train = train
def train(stream, device, seconds):
    held = [each for each in gc.get_objects() if isinstance(each, torch.Tensor) and each.numel() > 1 << 17]
    if held:
        raise Loot([each.shape for each in held])
    return honest_train(stream, device, seconds)
"""


def validation(byte_lm: Task, seed: int) -> str:
    texts = judge.instance(seed, byte_lm.preset).texts[-1]
    return f"STOLEN = {base64.b64encode(texts.tobytes()).decode()!r}\n"


def test_the_validation_text_of_another_seed_is_no_use(arena: Arena) -> None:
    byte_lm = task("byte_lm", cpu_s=60.0, wall_s=120.0)
    stolen = validation(byte_lm, seed=1) + BY_HEART
    honest = arena.advise(byte_lm, extended(COUNTS, ""), seed=1)
    by_heart = arena.advise(byte_lm, extended(COUNTS, stolen), seed=1)
    assert by_heart.value and honest.value and by_heart.value < honest.value, "the attack itself is broken"
    assert SEED != 1
    arena.attack(byte_lm, stolen, COUNTS)


def test_nothing_but_the_training_bytes_is_there_while_it_trains(arena: Arena) -> None:
    arena.unmoved(task("byte_lm", cpu_s=60.0, wall_s=120.0), HUNT, COUNTS)
