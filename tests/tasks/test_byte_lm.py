"""The byte model: exact probabilities of the text, predictions committed before their byte exists."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest

from godel.contract import Program
from godel.sandbox.guest.port import pack, unpack
from godel.tasks import Task, load
from godel.tasks.byte_lm import judge
from godel.tasks.byte_lm.source import COPY, END, Source, State
from godel.tasks.judging import Invalid

pytestmark = pytest.mark.torch

TASK = load("byte_lm")
LETTERS = "abcdefgh"

UNIGRAM = """
import torch

def train(stream, device, seconds):
    counts = torch.ones(256, device=device)
    for chunk, progress in stream:
        counts += torch.bincount(chunk.long(), minlength=256)
    return counts.log()

def predict(model, texts):
    return model.expand(*texts.shape, 256).clone()
"""
"""Learns how frequent each byte is: cheap, honest."""


def unigram_but(predict: str) -> Program:
    return Program({"main.py": UNIGRAM + "\nhonest = predict\n" + predict})


@pytest.fixture(scope="module")
def source() -> Source:
    return Source(Random("language"))


@pytest.fixture(scope="module")
def small() -> Source:
    """A language whose short texts can be enumerated: 4 words, names of one letter."""
    return Source(Random(1), classes=2, words=2, name_length=1, letters=LETTERS)


def chain_rule(source: Source, text: bytes) -> float:
    """P(text), a byte at a time."""
    state, chance = State(), 1.0
    for byte in text:
        chance *= source.probabilities(state)[byte]
        if not chance:
            return 0.0
        state = source.advance(state, bytes([byte]))
    return float(chance)


def by_tokens(source: Source, length: int) -> Counter[bytes]:
    """P(text) of every text of `length` bytes: the generator's story, path by path, with no
    use of byte probabilities or states."""
    chances: Counter[bytes] = Counter()

    def tell(text: bytes, chance: float, name: bytes, row: int) -> None:
        if len(text) >= length:
            chances[text[:length]] += chance  # type: ignore[assignment]  # a Counter of weights
            return
        for token, weight in zip(source.tokens, source.weights[row], strict=True):
            if token == END:
                begin(text + END, chance * weight)
            elif token == COPY:
                tell(text + COPY + name + b" ", chance * weight, name, row)
            else:
                tell(text + token, chance * weight, name, source.row_after[token])

    def begin(text: bytes, chance: float) -> None:
        for letters in itertools.product(source.letters, repeat=source.name_length):
            tell(text + bytes(letters) + b": ", chance / len(source.letters) ** source.name_length, bytes(letters), 0)

    begin(b"", 1.0)
    return chances


def test_the_chain_rule_agrees_with_brute_force_over_all_token_paths(small: Source) -> None:
    expected = by_tokens(small, 10)
    assert len(expected) > 500 and sum(expected.values()) == pytest.approx(1)
    for text, chance in expected.items():
        assert chain_rule(small, text) == pytest.approx(chance, rel=1e-9)


def test_a_text_that_is_impossible_has_no_probability(small: Source) -> None:
    assert chain_rule(small, b"a:") == chain_rule(small, b"a: ") > 0
    assert chain_rule(small, b"a, ") == chain_rule(small, b"z") == 0


def entropy_rate(source: Source) -> float:
    """Bits per byte in the long run, from the stationary law of the token chain alone."""
    classes = len(source.weights)
    moves, bits, lengths = np.zeros((classes, classes)), np.zeros(classes), np.zeros(classes)
    for row, token in itertools.product(range(classes), source.tokens):
        weight = source.weights[row, source.tokens.index(token)]
        after = {COPY: row, END: 0}.get(token, source.row_after.get(token, 0))
        name = source.name_length
        moves[row, after] += weight
        bits[row] += weight * (-math.log2(weight) + (name * math.log2(len(source.letters)) if token == END else 0))
        lengths[row] += weight * (len(token) + {COPY: name + 1, END: name + 2}.get(token, 0))
    ones = np.ones((1, classes))
    balance = np.vstack([moves.T - np.eye(classes), ones])
    stationary = np.linalg.lstsq(balance, np.append(np.zeros(classes), 1), rcond=None)[0]
    return float(stationary @ bits / (stationary @ lengths))


def test_a_long_text_costs_the_entropy_rate(source: Source) -> None:
    text, state, bits = source.draw(State(), 60_000, Random(0)), State(), 0.0
    for byte in text:
        bits -= math.log2(source.probabilities(state)[byte])
        state = source.advance(state, bytes([byte]))
    assert bits / len(text) == pytest.approx(entropy_rate(source), abs=0.03)


@pytest.mark.parametrize("cut", [1, 3, 12, 13, 14, 15])
def test_continuations_follow_the_stated_probabilities(source: Source, cut: int) -> None:
    state, rng, draws = source.advance(State(), source.draw(State(), cut, Random(5))), Random(6), 4000
    seen = Counter(source.draw(state, 1, rng)[0] for _ in range(draws))
    expected = source.probabilities(state)
    for byte in range(256):
        error = 5 * math.sqrt(expected[byte] * (1 - expected[byte]) / draws)
        assert abs(seen[byte] / draws - expected[byte]) <= error


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = (judge.instance(seed, TASK.preset) for seed in (4, 4, 5))
    for name in ("training", "texts", "rows", "truth"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
    assert not np.array_equal(first.training, other.training)
    assert len(first.training) == TASK.preset["train_bytes"]


def test_a_row_is_asked_for_before_its_byte_exists() -> None:
    made = judge.instance(1, TASK.preset)
    later = zip(made.texts, made.texts[1:], strict=False)
    for number, (shown, next_shown) in enumerate(later):
        for row, before, after in zip(made.rows[:, number], shown, next_shown, strict=True):
            assert np.array_equal(before[:row], after[:row])
    changed = [
        made.texts[number, each, row] != made.texts[number + 1, each, row]
        for each, rows in enumerate(made.rows)
        for number, row in enumerate(rows[:-1])
    ]
    assert np.mean(changed) > 0.8


def test_inflated_logits_are_normalised_away() -> None:
    logits = np.random.default_rng(0).normal(size=(3, 256))
    normal = judge.log2_softmax(logits)
    assert np.exp2(normal).sum(axis=-1) == pytest.approx(np.ones(3))
    assert judge.log2_softmax(logits + 1e6) == pytest.approx(normal)
    assert judge.log2_softmax(np.array([[1e308, -1e308]])).tolist() == [[0.0, -math.inf]]


@pytest.mark.parametrize("seed", range(3))
def test_the_reference_is_clearly_better_than_the_initial_program(bench: Any, seed: int) -> None:
    start, reference = (bench.evaluate(TASK, program, seed) for program in (TASK.initial, TASK.reference))
    assert reference["value"] < 0.75 * start["value"]
    for verdict in (start, reference):
        details = verdict["details"]
        assert details["train_bytes"] == TASK.preset["train_bytes"] and details["device"] == "cpu"
        assert details["gap"] == pytest.approx(details["bits_per_byte"] - details["limit_bits_per_byte"])
        assert details["gap"] > 0.2


def test_the_same_program_and_seed_give_the_same_value(bench: Any) -> None:
    first, second = (bench.evaluate(TASK, TASK.initial, 3) for _ in range(2))
    assert first["value"] == second["value"] > 0


UNIFORM = "def predict(model, texts): return torch.zeros(*texts.shape, 256)"


def test_an_even_guess_costs_eight_bits(bench: Any) -> None:
    assert bench.evaluate(TASK, unigram_but(UNIFORM), 0)["value"] == pytest.approx(8)


OWN_BYTE = "100.0 * torch.nn.functional.one_hot(texts.long(), 256)"
CHEATS = {
    "its own byte": f"def predict(model, texts): return {OWN_BYTE}",
    "the next byte": f"def predict(model, texts): return ({OWN_BYTE}).roll(-1, 1)",
    "a little of its own byte": f"def predict(model, texts): return honest(model, texts) + 0.05 * {OWN_BYTE}",
    "how its text ends": f"def predict(model, texts): return honest(model, texts) + ({OWN_BYTE})[:, -1:]",
    "the other texts": f"def predict(model, texts): return honest(model, texts) + ({OWN_BYTE}).roll(1, 0)",
}


@pytest.mark.parametrize("what", CHEATS)
def test_a_prediction_that_looks_at_later_bytes_is_invalid(bench: Any, what: str) -> None:
    verdict = bench.evaluate(TASK, unigram_but(CHEATS[what]), 0)
    assert verdict["failure"] == "invalid" and "changed" in verdict["detail"]


CACHE = f"""
remembered = {{}}
def predict(model, texts):
    peeked = {OWN_BYTE} + honest(model, texts)
    for text, rows in zip(texts, peeked):
        for i in range(len(rows)):
            rows[i] = remembered.setdefault(bytes(text[:i].tolist()), rows[i].clone())
    return peeked
"""


def test_a_peeker_that_remembers_each_prefix_gains_nothing(bench: Any) -> None:
    """It answers consistently, so that no comparison finds it; but what counts was said first."""
    honest = bench.evaluate(TASK, Program({"main.py": UNIGRAM}), 0)
    peeker = bench.evaluate(TASK, unigram_but(CACHE), 0)
    assert peeker["failure"] is None and peeker["value"] > 5 * honest["value"]


SHOWN = """
before = []
def shown(texts):  # how often each byte stands in what two calls have shown alike
    alike = (texts == before[-1]).long().cumprod(1).bool() if before else torch.zeros_like(texts).bool()
    before.append(texts)
    return torch.bincount((texts[alike] if WAITS else texts).long().flatten(), minlength=256)
def predict(model, texts):
    return honest((model.exp() + WEIGHT * shown(texts)).log(), texts)
"""


def test_learning_from_texts_that_were_shown_is_no_offence(bench: Any) -> None:
    """At the weight of training bytes it moves too little to be a change."""
    learner = SHOWN.replace("WAITS", "True").replace("WEIGHT", "1")
    verdict = bench.evaluate(TASK, unigram_but(learner), 0)
    assert verdict["failure"] is None, verdict


def test_learning_from_texts_before_they_count_shows(bench: Any) -> None:
    greedy = SHOWN.replace("WAITS", "False").replace("WEIGHT", "1000")
    verdict = bench.evaluate(TASK, unigram_but(greedy), 0)
    assert verdict["failure"] == "invalid" and "changed" in verdict["detail"], verdict


NOT_FINITE = "not every number is finite"
GARBAGE = {
    "def predict(model, texts): return honest(model, texts) * float('nan')": NOT_FINITE,
    "def predict(model, texts): return honest(model, texts) - float('inf')": NOT_FINITE,
    "def predict(model, texts): return torch.eye(256).double()[0].expand(*texts.shape, 256) * 1e308": NOT_FINITE,
}


@pytest.mark.parametrize("predict", GARBAGE)
def test_logits_that_are_no_distribution_are_invalid(bench: Any, predict: str) -> None:
    verdict = bench.evaluate(TASK, unigram_but(predict), 0)
    assert verdict["failure"] == "invalid" and GARBAGE[predict] in verdict["detail"]


class Liar:
    """A candidate that answers for itself, past the driver, as a hostile program can."""

    recorded = True

    def __init__(self, device: Any, logits: Any) -> None:
        self._device, self._logits = device, logits

    def start(self) -> None:
        pass

    def call(self, request: Any) -> Any:
        if "predict" in request:
            return self._logits(unpack(request["rows"]).shape)
        return self._device if "train" in request else None


LIES = {
    "nothing": lambda shape: None,
    "a number": lambda shape: 3.5,
    "no npy": lambda shape: {"npy": "AAAA"},
    "one shape for all": lambda shape: pack(np.zeros((32, 1, 255), np.float32)),
    "text": lambda shape: pack(np.full((*shape, 256), "0.5")),
    "complex numbers": lambda shape: pack(np.zeros((*shape, 256), np.complex64)),
    "not a number": lambda shape: pack(np.full((*shape, 256), np.nan)),
}


@pytest.mark.parametrize("what", LIES)
def test_replies_that_are_no_logits_are_invalid(what: str) -> None:
    with pytest.raises(Invalid):
        judge.score(judge.instance(0, TASK.preset), Liar("cpu", LIES[what]))


def test_a_device_that_does_not_exist_is_invalid() -> None:
    with pytest.raises(Invalid, match="neither cpu nor cuda"):
        judge.score(judge.instance(0, TASK.preset), Liar("x" * 1000, LIES["nothing"]))


def test_who_knows_the_source_pays_its_entropy() -> None:
    made = judge.instance(0, TASK.preset)
    oracle = Liar("cpu", lambda shape: pack(np.log(np.maximum(made.truth[:, : shape[1]], 1e-99))))
    verdict = judge.score(made, oracle)
    assert verdict.value == pytest.approx(verdict.details["limit_bits_per_byte"])
    assert verdict.details["gap"] == pytest.approx(0, abs=1e-9) and verdict.value > 1


def test_a_claim_of_certainty_costs_infinitely_much() -> None:
    def certain(shape: tuple[int, ...]) -> Any:
        return pack(np.where(np.arange(256) == 0, 1e308, -1e308) * np.ones((*shape, 1)))

    assert judge.score(judge.instance(0, TASK.preset), Liar("cpu", certain)).value == math.inf


BROKEN = {
    "def predict(model, texts): return honest(model, texts)[:, 1:]": "expected logits of shape",
    "def predict(model, texts): return 1 / 0": "ZeroDivisionError",
    "def train(stream, device, seconds): return 1 / 0": "ZeroDivisionError",
    "def train(stream, device, seconds): return [1 / 0 for _ in stream]": "ZeroDivisionError",
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_broken_program_is_a_crash(bench: Any, code: str) -> None:
    verdict = bench.evaluate(TASK, unigram_but(code), 0)
    assert verdict["failure"] == "crash" and BROKEN[code] in verdict["detail"]


def test_training_may_end_before_the_stream_does(bench: Any) -> None:
    count = "torch.bincount(next(iter(stream))[0].long(), minlength=256)"
    code = f"def train(stream, device, seconds): return {count}.add(1).log()"
    assert 4 < bench.evaluate(TASK, unigram_but(code), 0)["value"] < 8


def on_the_clock(seconds: float, grace_s: float) -> Task:
    """Preset gpu, small enough for a CPU."""
    gpu = load("byte_lm", "gpu")
    sizes = {"document_bytes": 64, "documents": 4, "rounds": 4, "train_bytes": 1 << 19, "chunk_bytes": 256}
    return replace(gpu, preset={**gpu.preset, **sizes, "seconds": seconds, "grace_s": grace_s})


def counted(task: Task) -> Task:
    """With a clock that is 30 ms further whenever the judge looks at it, however busy the machine is. It has a version
    of its own: all judges of this test process share their modules, by version."""
    clock = task.judge_files["clock.py"].replace("time.monotonic()", "next(TICKS)")
    files = {**task.judge_files, "clock.py": f"{clock}\nTICKS = __import__('itertools').count(0, 0.03)\n"}
    return replace(task, version=f"{task.version}counted", judge_files=files)


@pytest.mark.parametrize("which", ["initial", "reference"])
def test_the_gpu_preset_stops_by_the_judges_clock(bench: Any, which: str) -> None:
    text = getattr(TASK, which).files["main.py"].replace("GROWTH = 4", "GROWTH = 2")
    verdict = bench.evaluate(counted(on_the_clock(0.3, 60.0)), Program({"main.py": text}), 0)
    assert verdict["failure"] is None and 0 < verdict["details"]["train_bytes"] < 1 << 19
    shares = [call["progress"] for call in bench.calls if call.get("chunk")]
    assert shares == sorted(shares) and shares[0] < 0.2 and shares[-1] < 1
    assert (verdict["flags"] == []) == (verdict["details"]["device"] == "cuda")


def test_training_past_the_clock_is_invalid(bench: Any) -> None:
    late = "import time\ndef train(stream, device, seconds): time.sleep(0.2); return [time.sleep(0.2) for _ in stream]"
    verdict = bench.evaluate(on_the_clock(0.1, 0.01), unigram_but(late), 0)
    assert verdict["failure"] == "invalid" and "more than its 0.1 s" in verdict["detail"]


WAITS = "honest(model, texts) if time.sleep({times} * 0.4) is None else None"
LATE = {
    "in predict": f"import time\ndef predict(model, texts): return {WAITS}",
    "in a thread": """
import threading, time
honest_train = train
def train(stream, device, seconds):
    model = honest_train(stream, device, seconds)
    worker = threading.Thread(target=time.sleep, args=({times} * 2.0,), daemon=True)
    worker.start()
    return model, worker
def predict(model, texts):
    model[1].join()
    return honest(model[0], texts)
""",
}


SLOWER = (1, 4, 16)
"""How many times longer all of it takes: where training alone is late, the machine is too busy for less."""


@pytest.mark.parametrize("late", LATE.values(), ids=LATE)
def test_predictions_run_on_the_same_clock(bench: Any, late: str) -> None:
    """What is allowed beyond the budget is for all of them together: no single call takes long here."""
    for times in SLOWER:
        program = unigram_but(late.replace("{times}", str(times)))
        verdict = bench.evaluate(on_the_clock(times * 0.1, times * 1.0), program, 0)
        if not verdict["detail"].startswith("training took"):
            break
    assert verdict["failure"] == "invalid" and "with predictions" in verdict["detail"], verdict


def test_what_training_leaves_of_the_budget_is_there_for_predictions(bench: Any) -> None:
    verdict = bench.evaluate(on_the_clock(60.0, 0.0), unigram_but(LATE["in predict"].replace("{times}", "1")), 0)
    assert verdict["failure"] is None, verdict


def test_without_a_budget_of_seconds_no_clock_runs(bench: Any) -> None:
    assert bench.evaluate(TASK, unigram_but(LATE["in predict"].replace("{times}", "1")), 0)["failure"] is None


def test_gpu_and_tiny_hand_out_what_they_promise() -> None:
    presets: Iterator[Task] = (load("byte_lm", name) for name in ("tiny", "gpu"))
    assert [(task.gpu, task.preset["device"], "seconds" in task.preset) for task in presets] == [
        (False, "cpu", False),
        (True, "cuda", True),
    ]


def test_the_allowance_is_what_the_description_says() -> None:
    gpu = load("byte_lm", "gpu")
    assert "A tenth of the budget" in gpu.description
    assert gpu.preset["grace_s"] == pytest.approx(gpu.preset["seconds"] / 10)
    assert gpu.wall_s > gpu.preset["seconds"] + gpu.preset["grace_s"]
