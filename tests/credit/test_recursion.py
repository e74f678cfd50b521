"""Recursion coefficients, slope and returns, from gains that follow a known law."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from made import generation

from godel.contract import Program
from godel.lineage import Evaluation, Spend, Split, Status, Transcript
from godel.lineage.analysis.imp import clustered, measurements
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.analysis.recursion import Recursion, recursion
from godel.lineage.records.events import Measured, MeasuringBegun, Target
from godel.lineage.store import Store

TARGETS = ("one", "two", "three", "four")
PAIRS = 6
EFFORTS = (10, 20, 40, 80)
"""Evaluations spent once each of the line is recorded."""
TREES = [Program({"main.py": f"STEP = {step}\n"}) for step in range(len(EFFORTS))]
Gain = Callable[[int, str, int], float]
"""Of a scaffold of the line, on a target's instance."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "lineage.db", {"run": {}}) as made:
        yield made


def line(store: Store) -> None:
    """Four scaffolds, each the child of the one before, and each better by 0.1, 0.2 and 0.4."""
    total, utility = 0, 0.0
    for index, tree in enumerate(TREES):
        parent = TREES[index - 1].digest if index else None
        utility += 0.1 * 2 ** (index - 1) if index else 0.0
        spend, total = Spend(evaluations=EFFORTS[index] - total), EFFORTS[index]
        status = Status.ACCEPTED if index else Status.SEED
        scores = [evaluation(tree.digest, "task", seed, utility, Split.SEARCH) for seed in range(4)]
        made = generation(index, parent, tree.digest, parent, status, spend=spend, gain=0.1 if index else None)
        store.record(made, tree, scores, Transcript())


def evaluation(tree: str, task: str, seed: int, score: float, split: Split = Split.HELD_OUT) -> Evaluation:
    return Evaluation(tree, task, "v" + task, split, seed, score, score, None, "p")


def measured(store: Store, gain: Gain, trees: int = len(TREES)) -> Recursion:
    targets = tuple(Target(name, "v" + name, store.put_blob(name.encode())) for name in TARGETS)
    store.event(MeasuringBegun(40, PAIRS, targets, {}))
    for index, tree in enumerate(TREES[:trees]):
        for target in TARGETS:
            for seed in range(PAIRS):
                each = evaluation(tree.digest, target, seed, gain(index, target, seed))
                store.event(Measured(40, each))
    lineage = Lineage.of(store)
    (only,) = measurements(lineage)
    return recursion(lineage, only)


def level(target: str, seed: int) -> float:
    """How much there is to gain on an instance: it differs between targets, and between instances."""
    return 0.01 * (1 + TARGETS.index(target)) * (1 + seed / PAIRS)


def test_a_law_of_returns_is_found_exactly(store: Store) -> None:
    """Where every gain is that of the effort to the power 1.2, on each instance alike."""
    line(store)
    found = measured(store, lambda index, target, seed: level(target, seed) * EFFORTS[index] ** 1.2)
    assert found.line == [0, 1, 2, 3]
    assert found.returns.value and found.returns.value[:3] == pytest.approx((1.2, 1.2, 1.2))
    assert [(step.parent, step.child) for step in found.steps] == [(0, 1), (1, 2), (2, 3)]
    for step in found.steps:
        assert step.coefficient.value and step.coefficient.value[:3] == pytest.approx((2**1.2,) * 3)
    assert found.returns.value.pairs == len(TARGETS) * PAIRS


def test_what_targets_and_instances_leave_open_is_in_the_interval(store: Store) -> None:
    rng = random.Random(1)
    line(store)
    found = measured(
        store, lambda index, target, seed: level(target, seed) * EFFORTS[index] ** 0.5 * rng.lognormvariate(0, 0.3)
    )
    assert found.returns.value and found.returns.value.low < 0.5 < found.returns.value.high
    assert found.returns.value.high - found.returns.value.low < 0.5
    for step in found.steps:
        assert step.coefficient.value and step.coefficient.value.low < 2**0.5 < step.coefficient.value.high


def test_what_differs_between_targets_widens_it_more_than_instances_do(store: Store, tmp_path: Path) -> None:
    """Twice as many pairs are no more targets: the interval is clustered."""
    line(store)
    by_target = {"one": 1.0, "two": 1.5, "three": 2.0, "four": 2.5}
    found = measured(store, lambda index, target, seed: by_target[target] ** index)
    first = found.steps[0].coefficient.value
    assert first and first.mean == pytest.approx(7 / 4) and first.low < 1.3 and first.high > 2.2


@pytest.mark.parametrize("bad", [0.0, -0.1])
def test_without_a_gain_there_is_no_coefficient_and_no_logarithm(bad: float, store: Store) -> None:
    line(store)
    found = measured(store, lambda index, target, seed: bad if index == 1 else 0.1 * (index + 1))
    assert [step.coefficient.problem for step in found.steps] == ["imp@k of g1 is not clearly above 0"] * 2 + [""]
    assert found.returns == (None, "imp@k of g1 is not clearly above 0, and has no logarithm")


def test_two_points_are_no_law(store: Store) -> None:
    line(store)
    found = measured(store, lambda index, target, seed: 0.1 * (index + 1), trees=2)
    assert found.returns == (None, "2 scaffolds on the line were measured; it takes 3")
    assert found.slope.value is None and found.slope.problem.startswith("2 measured proposers with scored children")


def test_better_improvers_that_make_better_children_have_a_slope(store: Store) -> None:
    """Their children gained 0.1, 0.2 and 0.4."""
    line(store)
    found = measured(store, lambda index, target, seed: 0.1 * 2**index)
    assert found.slope.value and found.slope.value[:3] == pytest.approx((1.0, 1.0, 1.0))
    assert found.slope.value.pairs == 3


def test_one_target_has_the_pair_as_its_unit() -> None:
    assert clustered({"one": [0.1, 0.3]}).pairs == 2
    many = clustered({"one": [0.1] * 50, "two": [0.3] * 50})
    assert many.mean == pytest.approx(0.2) and many.low < 0.0, "two targets, however many pairs they have"
