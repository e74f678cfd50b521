"""How well scaffolds judge their own drafts: the rank correlation, its mean over trials, its drift over generations."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import generation

from godel.contract import Program
from godel.lineage import Evaluation, Judged, Split, Status, Transcript
from godel.lineage.analysis.calibration import Calibration, calibration, kendall
from godel.lineage.analysis.lineage import Lineage, resolve
from godel.lineage.analysis.statistics import slope
from godel.lineage.store import Store, codec
from godel.lineage.store.decode import decoder

RIGHT = (Judged(1, -0.5), Judged(2, 0.0), Judged(3, 0.25))
"""In the order of the scores: tau is 1."""
WRONG = tuple(Judged(-said, score) for said, score in RIGHT)
HALF = (Judged(1, 0.1), Judged(2, 0.3), Judged(3, 0.2), Judged(4, 0.0))
"""Two pairs of six in order: tau is -1/3."""
SAME = tuple(Judged(4.0, score) for _, score in RIGHT)
UNSCORED = tuple(Judged(said, -1.0) for said, _ in RIGHT)

Trials = Sequence[tuple[str, Sequence[Judged]]]
drafts = st.lists(st.tuples(st.integers(0, 5), st.integers(-4, 4)), min_size=2, max_size=12)


# One trial


@pytest.mark.parametrize(
    ("pairs", "tau"),
    [
        (RIGHT, 1.0),
        (WRONG, -1.0),
        (HALF, -1 / 3),
        ([Judged(1, 1), Judged(2, 2), Judged(2, 3), Judged(3, 4)], 5 / math.sqrt(5 * 6)),  # one tie on one side
        ([Judged(1, 1), Judged(2, 3), Judged(2, 3), Judged(3, 4)], 1.0),  # the same tie on both
        ([Judged(1, 1), Judged(1, 2), Judged(2, 1), Judged(2, 2)], 0.0),
        (SAME, 0.0),
    ],
)
def test_tau_b_of_one_trial(pairs: Sequence[Judged], tau: float) -> None:
    assert kendall(pairs) == pytest.approx(tau)


@pytest.mark.parametrize("pairs", [(), RIGHT[:1], UNSCORED, tuple(Judged(3.0, 0.5) for _ in range(3))])
def test_scores_without_an_order_say_nothing_of_a_judge(pairs: Sequence[Judged]) -> None:
    assert kendall(pairs) is None


@given(drafts)
def test_only_the_order_counts_whatever_the_judges_scale(numbers: list[tuple[int, int]]) -> None:
    tau = kendall([Judged(said, score) for said, score in numbers])
    again = kendall([Judged(100 * said**3 - 7, score / 10) for said, score in reversed(numbers)])
    assert tau == (None if again is None else pytest.approx(again))
    assert tau is None or -1.0 <= round(tau, 9) <= 1.0
    upside_down = kendall([Judged(-said, score) for said, score in numbers])
    assert upside_down == (None if tau is None else pytest.approx(-tau))


# Over trials and generations


def judged_run(store: Store, *made: Trials, split: Split = Split.SEARCH) -> Calibration:
    """A run whose scaffolds, one for each generation, judged so on these trials (task, drafts)."""
    parent = None
    for index, trials in enumerate(made):
        tree = Program({"main.py": f"NUMBER = {index}\n"}, "main.py")
        key = tree.digest
        found = [
            Evaluation(key, task, "v", split, seed, 0.5, 1.0, None, "p", judged=tuple(pairs))
            for seed, (task, pairs) in enumerate(trials)
        ]
        status = Status.ACCEPTED if parent else Status.SEED
        store.record(generation(index, parent, key, parent, status), tree, found, Transcript())
        parent = key
    return calibration(Lineage.of(store))


def test_each_task_weighs_the_same_however_many_trials_it_has(store: Store) -> None:
    (found,) = judged_run(store, [("a", RIGHT), ("a", RIGHT), ("a", SAME), ("b", WRONG)]).generations
    assert found.tau.mean == pytest.approx(((1 + 1 + 0) / 3 - 1) / 2)
    assert found.tau.pairs == 4
    assert found.tau.low < found.tau.mean < found.tau.high
    assert (found.generation, found.node, found.drafts) == (0, resolve(store, "seed"), 12)


def test_trials_that_have_no_order_do_not_count(store: Store) -> None:
    (found,) = judged_run(store, [("a", RIGHT), ("a", UNSCORED), ("b", ()), ("b", RIGHT[:1])]).generations
    assert found.tau.mean == pytest.approx(1.0)
    assert (found.tau.pairs, found.drafts) == (1, 7)


def test_a_run_in_which_nothing_was_judged(store: Store) -> None:
    assert judged_run(store, [("a", ())], [("a", ())], [("b", ())]) == Calibration([], None)


def test_held_out_trials_do_not_count(store: Store) -> None:
    assert judged_run(store, [("a", RIGHT)], split=Split.HELD_OUT) == Calibration([], None)


@pytest.mark.parametrize(
    ("made", "drift"),
    [
        ([RIGHT, SAME, WRONG], -1.0),
        ([WRONG, SAME, RIGHT], 1.0),
        ([RIGHT, RIGHT, RIGHT], 0.0),
        ([RIGHT, (), SAME, (), WRONG], -0.5),  # those that judged nothing are left out; the others keep their number
    ],
)
def test_drift_is_the_change_of_tau_from_one_generation_to_the_next(
    store: Store, made: Sequence[Sequence[Judged]], drift: float
) -> None:
    found = judged_run(store, *([("a", pairs)] for pairs in made))
    assert [each.generation for each in found.generations] == [index for index, pairs in enumerate(made) if pairs]
    assert found.drift is not None
    assert found.drift == pytest.approx((drift, drift, drift, 3), abs=1e-9), "on a line there is no uncertainty"


def test_two_generations_have_no_drift(store: Store) -> None:
    found = judged_run(store, [("a", RIGHT)], [("a", WRONG)])
    assert len(found.generations) == 2
    assert found.drift is None


def test_what_is_judged_comes_back_from_the_store(store: Store) -> None:
    judged_run(store, [("a", HALF)])
    (evaluation,) = store.evaluations()
    assert evaluation.judged == HALF
    assert all(isinstance(each, Judged) for each in evaluation.judged)
    before = json.loads(codec.dumps(codec.to_json(evaluation)))
    del before["judged"]
    assert decoder(Evaluation)(before).judged == (), "a record from before there was judgement"


# The slope


def test_slope_with_its_interval_by_hand() -> None:
    """Sxy = 7, Sxx = 5; residuals 0.1, 0.7, -1.7, 0.9; t(0.975, 2) = 4.302653."""
    found, half = slope([(0, 1), (1, 3), (2, 2), (3, 6)]), 4.302653 * math.sqrt(4.2 / 2 / 5)
    assert found == pytest.approx((1.4, 1.4 - half, 1.4 + half, 4))


def test_a_level_line_has_no_slope_and_no_uncertainty() -> None:
    assert slope([(0, 0.9), (1, 0.9), (4, 0.9)]) == (0.0, 0.0, 0.0, 3)


def test_less_confidence_is_a_narrower_interval() -> None:
    points = [(0.0, 1.0), (1.0, 3.0), (2.0, 2.0), (5.0, 6.0)]
    wide, narrow = slope(points), slope(points, 0.5)
    assert wide.low < narrow.low < narrow.mean == wide.mean < narrow.high < wide.high


@pytest.mark.parametrize("points", [[], [(0.0, 1.0)], [(0.0, 1.0), (1.0, 2.0)], [(2.0, 1.0), (2.0, 2.0), (2.0, 4.0)]])
def test_no_slope_without_three_points_or_with_one_x(points: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError):
        slope(points)
