"""Parity: a ladder whose labels are noisy and whose answers are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from godel.contract import Program
from godel.tasks import load
from godel.tasks.learning_parity_with_noise import judge

TASK = load("learning_parity_with_noise")


@pytest.mark.parametrize("seed", range(3))
def test_the_reference_is_clearly_better_than_the_initial_program(bench: Any, seed: int) -> None:
    start, reference = (bench.evaluate(TASK, p, seed, True)["value"] for p in (TASK.initial, TASK.reference))
    assert start + 0.12 < reference < 0.9


def test_parity_counts_bits() -> None:
    vectors = np.array([0, 1, 3, 7, 2**61, 2**61 + 1, 2**62 - 1])
    assert judge.parity(vectors).tolist() == [vector.bit_count() % 2 for vector in vectors.tolist()]


def test_noise_is_on_the_samples_only_and_an_exact_part() -> None:
    rungs = judge.instance(4, TASK.preset)
    for height, rung in enumerate(rungs):
        bits, noise = judge.difficulty(TASK.preset, height / (len(rungs) - 1))
        secret = solve(rung.queries.tolist(), rung.answers.tolist())
        assert secret < 1 << bits and (judge.parity(rung.queries & secret) == rung.answers).all()
        wrong = int((judge.parity(rung.samples & secret) != rung.labels).sum())
        if len(rung.queries) > bits + 20:  # then the queries fix the secret
            assert wrong == round(noise * len(rung.samples))


def solve(vectors: list[int], labels: list[int]) -> int:
    """A secret that fits all labels exactly."""
    pivots: dict[int, int] = {}
    for vector, label in zip(vectors, labels, strict=True):
        row = vector << 1 | label
        while row > 1 and row.bit_length() in pivots:
            row ^= pivots[row.bit_length()]
        if row > 1:
            pivots[row.bit_length()] = row
    secret = 1
    for length in sorted(pivots):
        if (pivots[length] & secret).bit_count() % 2:
            secret |= 1 << length - 1
    return secret >> 1


def test_the_top_of_the_ladder_is_beyond_brute_force_and_repeated_tries() -> None:
    bits, noise = judge.difficulty(TASK.preset, 1.0)
    assert 2**bits > 1e12 and (1 - noise) ** -bits > 5e4


def test_an_instance_is_a_function_of_seed_and_preset() -> None:
    first, again, other = (judge.public(judge.instance(seed, TASK.preset)) for seed in (1, 1, 2))
    assert first == again != other
    assert set(first) == {"bits", "sizes", "samples", "labels", "queries"}  # no answers


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ("[0] * len(queries)", None),
        ("[0] * (len(queries) - 1)", "crash"),
        ("[0.0] * len(queries)", "invalid"),
        ("[2] * len(queries)", "invalid"),
        ("[True] * len(queries)", "invalid"),
        ("['1'] * len(queries)", "invalid"),
        ("[[0]] * len(queries)", "invalid"),
        ("7", "crash"),
        ("[10**40] * len(queries)", "crash"),
    ],
)
def test_only_a_label_for_every_query_is_an_answer(bench: Any, answer: str, failure: str | None) -> None:
    program = Program({"main.py": f"def predict(bits, samples, labels, queries): return {answer}"})
    verdict = bench.evaluate(TASK, program)
    assert verdict["failure"] == failure
    if failure is None:
        assert 0.4 < verdict["value"] < 0.6
