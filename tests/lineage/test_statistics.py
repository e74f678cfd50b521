"""Against scipy where it has the same estimate, against arithmetic elsewhere, and as properties."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from godel.lineage import Evaluation, Split
from godel.lineage.analysis import statistics as ours

SKEWED = [math.exp(k / 4) - 2 for k in range(13)]
OTHER = [0.3, -0.1, 0.25, 0.6, 0.02, 0.4]

finite = st.floats(-10, 10).map(lambda value: round(value, 6))
suites = st.dictionaries(st.sampled_from("abcde"), st.lists(finite, min_size=1, max_size=8), min_size=1)


def test_one_task_is_students_interval_and_test() -> None:
    found, known = ours.interval({"a": SKEWED}), stats.ttest_1samp(SKEWED, 0)
    expected = known.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.mean == pytest.approx(np.mean(SKEWED))
    assert found.pairs == len(SKEWED)
    assert ours.p_value({"a": SKEWED}) == pytest.approx(stats.ttest_1samp(SKEWED, 0, alternative="greater").pvalue)


def test_two_tasks_are_welchs_interval() -> None:
    """The mean of two strata, with one negated, is half of the difference of two means."""
    found = ours.interval({"a": SKEWED, "b": [-value for value in OTHER]})
    expected = stats.ttest_ind(SKEWED, OTHER, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low / 2, expected.high / 2))


def test_the_bootstrap_is_scipys_bca() -> None:
    found = ours.bootstrap({"a": SKEWED, "b": OTHER}, random.Random(0), resamples=99_999)
    expected = stats.bootstrap(
        (SKEWED, OTHER),
        lambda a, b, axis: (np.mean(a, axis=axis) + np.mean(b, axis=axis)) / 2,
        n_resamples=99_999,
        method="BCa",
        random_state=np.random.default_rng(0),
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=0.03)
    assert found.high - found.mean > found.mean - found.low, "skewed to the right"


def test_the_one_sided_bound_agrees_with_the_test() -> None:
    for shift in (-1.0, 0.0, 0.5, 1.0, 2.0):
        values = {"a": [value + shift for value in OTHER], "b": [value - 0.2 for value in OTHER]}
        assert (ours.lower_bound(values) > 0) == (ours.p_value(values) < 0.05)


def test_each_task_weighs_the_same() -> None:
    assert ours.interval({"a": [1.0] * 99 + [3.0], "b": [0.0, 0.0]}).mean == pytest.approx(0.51)


def test_tasks_that_all_have_one_pair_are_collapsed() -> None:
    expected = stats.ttest_1samp([0.1, 0.3, 0.2], 0).confidence_interval(0.95)
    found = ours.interval({"a": [0.1], "b": [0.3], "c": [0.2]})
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_a_task_with_one_pair_shares_the_pooled_variance() -> None:
    """By hand: s² = 0.02 on 1 degree of freedom, variance of the mean = s² (1/1 + 1/2) / 4."""
    half = stats.t.ppf(0.975, 1) * (0.02 * 1.5 / 4) ** 0.5
    found = ours.interval({"a": [0.1], "b": [0.2, 0.4]})
    assert (found.mean, found.low, found.high) == pytest.approx((0.2, 0.2 - half, 0.2 + half))


def test_the_pooled_interval_covers_its_mean_as_often_as_it_says() -> None:
    rng = random.Random(5)
    tries, covered = 1500, 0
    for _ in range(tries):
        found = ours.interval({task: [rng.gauss(0, 1) for _ in range(1 if task == "a" else 3)] for task in "abcde"})
        covered += found.low <= 0 <= found.high
    assert abs(covered / tries - 0.95) < 3 * (0.95 * 0.05 / tries) ** 0.5


def test_degenerate_input() -> None:
    with pytest.raises(ValueError, match="no pairs"):
        ours.interval({})
    with pytest.raises(ValueError, match="no pairs"):
        ours.p_value({"a": []})
    assert ours.interval({"a": [0.5]}) == (0.5, -math.inf, math.inf, 1)
    assert ours.bootstrap({"a": [0.5]}, random.Random(0)) == (0.5, -math.inf, math.inf, 1)
    assert ours.lower_bound({"a": [0.5]}) == -math.inf
    assert ours.p_value({"a": [0.5]}) == 1.0
    same = {"a": [0.5, 0.5], "b": [0.25, 0.25, 0.25]}
    assert ours.interval(same) == ours.bootstrap(same, random.Random(0)) == (0.375, 0.375, 0.375, 5)
    assert (ours.p_value(same), ours.p_value({"a": [0.0, 0.0]}), ours.p_value({"a": [-1.0, -1.0]})) == (0, 1, 1)
    assert ours.interval({"a": [0.5, 0.5], "b": [0.0, 1.0]}).low < 0 < ours.interval({"a": [9.0, 9.5], "b": []}).low


def test_over_tasks_the_task_is_the_unit() -> None:
    values = {"a": [0.1, 0.2, 0.3], "b": [0.5, 0.7], "c": [0.0]}
    assert ours.over_tasks(values) == pytest.approx(ours.interval({"": [0.2, 0.6, 0.0]}))


def test_false_discovery_control_is_scipys() -> None:
    rng = random.Random(3)
    for size in (1, 2, 7, 40):
        ps = [rng.random() ** 3 for _ in range(size)] + [0.5, 0.5]
        assert ours.q_values(ps) == pytest.approx(list(stats.false_discovery_control(ps)))
    assert ours.q_values([]) == []


def test_the_rate_is_scipys_wilson_interval() -> None:
    for successes, tries in [(0, 5), (5, 5), (3, 10), (1, 1), (20, 63)]:
        expected = stats.binomtest(successes, tries).proportion_ci(method="wilson")
        found = ours.proportion(successes, tries)
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert ours.proportion(0, 0) == (0.5, 0.0, 1.0, 0)


@given(suites, st.floats(0.5, 0.99))
def test_an_interval_holds_its_mean_and_grows_with_confidence(values: dict[str, list[float]], level: float) -> None:
    narrow, wide = ours.interval(values, level), ours.interval(values, (1 + level) / 2)
    assert wide.low <= narrow.low <= narrow.mean <= narrow.high <= wide.high
    assert narrow.mean == pytest.approx(np.mean([np.mean(each) for each in values.values()]), abs=1e-9)
    assert 0 <= ours.p_value(values) <= 1


@given(suites, finite)
def test_shifting_and_mirroring_the_differences_shifts_and_mirrors_the_interval(
    values: dict[str, list[float]], shift: float
) -> None:
    plain = ours.interval(values)
    moved = ours.interval({task: [value + shift for value in each] for task, each in values.items()})
    mirrored = ours.interval({task: [-value for value in each] for task, each in values.items()})
    assert (moved.low, moved.high) == pytest.approx((plain.low + shift, plain.high + shift), abs=1e-6)
    assert (-mirrored.high, -mirrored.low) == pytest.approx((plain.low, plain.high), abs=1e-6)


@settings(max_examples=40)
@given(suites)
def test_the_bootstrap_is_never_undefined(values: dict[str, list[float]]) -> None:
    found = ours.bootstrap(values, random.Random(0), resamples=199)
    assert found.low <= found.high
    assert found == ours.bootstrap(values, random.Random(0), resamples=199), "the same seed, the same interval"


@given(st.lists(st.floats(0, 1), max_size=30))
def test_q_values_are_above_p_and_keep_their_order(ps: list[float]) -> None:
    qs = ours.q_values(ps)
    assert all(p <= q <= 1 for p, q in zip(ps, qs, strict=True))
    assert [q for _, q in sorted(zip(ps, qs, strict=True))] == sorted(qs)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    """Five tasks of unequal noise and four seeds each: 95 % within what 2,000 runs can tell."""
    rng, hits = random.Random(11), 0
    for _ in range(2000):
        values = {str(task): [rng.gauss(0.1 * task, 0.2 + task) for _ in range(4)] for task in range(5)}
        found = ours.interval(values)
        hits += found.low <= 0.2 <= found.high
    assert 0.935 <= hits / 2000 <= 0.975


def test_pairs_are_by_task_version_split_and_seed() -> None:
    def one(task: str, seed: int, score: float, tree: str = "child") -> Evaluation:
        return Evaluation(tree, task, "v1", Split.SEARCH, seed, score, score, None, "")

    child = [one("a", 0, 0.5), one("a", 1, 0.7), one("b", 0, 0.1), one("b", 5, 1.0), one("a", 0, 0.7)]
    parent = [one("a", 1, 0.2), one("a", 0, 0.1), one("b", 0, 0.4), replace(one("b", 5, 0.0), task_version="v2")]
    found = ours.paired(child, parent)
    assert found == {"a": [pytest.approx(0.5), pytest.approx(0.5)], "b": [pytest.approx(-0.3)]}
    assert ours.paired(child, []) == {}
    assert ours.scores(child) == {"a": [pytest.approx(0.6), 0.7], "b": [0.1, 1.0]}
