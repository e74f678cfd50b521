"""Selection and acceptance policies against hand-computed cases."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest

from godel import acceptance, selection
from godel.errors import UnknownName
from godel.scoring.trials import doubling, hopeless
from godel.selection import Member
from godel.selection.dgm import weights

SEED, GOOD, TRIED = Member("a", 0, 0.1, 0), Member("b", 1, 0.5, 0), Member("c", 2, 0.5, 9)


def test_best_takes_the_highest_score_and_the_older_of_equals() -> None:
    assert selection.make("best").choose([SEED, TRIED, GOOD], random.Random(0)) is GOOD


def test_last_takes_the_newest() -> None:
    assert selection.make("last").choose([SEED, TRIED, GOOD], random.Random(0)) is TRIED


def test_dgm_weighs_by_the_papers_formula() -> None:
    def sigma(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    assert weights([SEED, GOOD, TRIED]) == pytest.approx([sigma(-5), sigma(5), sigma(5) / 10])


def test_dgm_treats_equal_scores_alike() -> None:
    assert weights([SEED, SEED]) == [0.5, 0.5]


def test_dgm_draws_in_proportion() -> None:
    rng = random.Random(1)
    drawn = Counter(selection.make("dgm").choose([SEED, GOOD, TRIED], rng).tree for _ in range(4000))
    expected = weights([SEED, GOOD, TRIED])
    assert drawn["c"] / drawn["b"] == pytest.approx(expected[2] / expected[1], rel=0.25)


def test_strict_accepts_any_mean_gain_and_nothing_else() -> None:
    policy = acceptance.make("strict")
    assert policy.decide({"t": [0.5, -0.4]}).accept
    assert not policy.decide({"t": [0.0, 0.0]}).accept


def test_noise_aware_wants_the_gain_to_stand_out() -> None:
    policy = acceptance.make("noise_aware")
    noisy, clear = policy.decide({"t": [0.5, -0.4, 0.1]}), policy.decide({"t": [0.5, 0.4, 0.6]})
    assert noisy.gain > 0 and not noisy.accept
    assert clear.accept and clear.low < clear.gain < clear.high
    assert clear.gain == pytest.approx(0.5)


def test_noise_aware_accepts_null_edits_at_most_at_its_rate() -> None:
    """Many children that are no better than their parent: about one in twenty may slip through."""
    rng, policy = random.Random(2), acceptance.make("noise_aware")
    tries = 1500
    accepted = sum(
        policy.decide({task: [rng.gauss(0, 1) for _ in range(3)] for task in "abcd"}).accept for _ in range(tries)
    )
    assert accepted / tries < 0.05 + 3 * math.sqrt(0.05 * 0.95 / tries)


def test_any_accepts_all_and_never_stops_early() -> None:
    policy = acceptance.make("any")
    assert policy.decide({"t": [-1.0]}).accept
    assert not policy.stages


@pytest.mark.parametrize("make", [selection.make, acceptance.make])
def test_an_unknown_policy_names_the_known_ones(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UnknownName, match=r"unknown .* 'nothing_like_it'; there are: .*"):
        make("nothing_like_it")


def test_hopeless_is_what_gains_too_little() -> None:
    assert hopeless({"t": [0.2, 0.0]}, 0.05) == ""
    assert hopeless({"t": [0.1, -0.1]}, 0.05) == "mean paired difference +0.000 after 2 trials"


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (2, [1, 1]), (4, [1, 1, 2]), (9, [1, 1, 2, 4, 1])])
def test_each_stage_doubles_what_is_known(count: int, sizes: list[int]) -> None:
    runs = doubling(count)
    assert [len(run) for run in runs] == sizes
    assert [seed for run in runs for seed in run] == list(range(count))
