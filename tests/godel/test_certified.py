"""`certified` keeps its promise over a whole run, however often one looks; and accepts what is plainly better."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import pytest

from godel.config import Run, Scoring
from godel.lineage import Verdict
from godel.loop.hypotheses import hypothesis
from godel.policies.acceptance import ACCEPTANCES, Hypothesis
from godel.policies.acceptance.certified import pairs, wealth
from godel.power import out_of_reach
from godel.tasks import load

BOUND, ALPHA = 2.0, 0.05
CERTIFIED = ACCEPTANCES.make("certified")


def accepts(gains: Sequence[float], number: int = 1) -> bool:
    return CERTIFIED.decide({"t": gains}, Hypothesis(number, BOUND)).verdict is Verdict.ACCEPTED


def test_the_capital_is_a_supermartingale_of_a_child_that_is_no_better() -> None:
    """On two values of mean 0, exactly: what one round is worth on average is 1 at most."""
    for low, high in ((-0.1, 0.3), (-2.0, 1.0), (-1.9, 0.05)):
        likely = -low / (high - low)
        for before in ([], [0.4, -0.2], [3.0] * 5):
            now = likely * wealth([*before, high], BOUND) + (1 - likely) * wealth([*before, low], BOUND)
            assert now <= wealth(before, BOUND) + 1e-9


def skewed(rng: random.Random) -> float:
    """Of mean 0: nineteen small gains for one great loss, as tests by the normal distribution take for a gain."""
    return 0.05 if rng.random() < 0.95 else -0.95


@pytest.mark.parametrize("draw", [lambda rng: max(-BOUND, min(BOUND, rng.gauss(0.0, 0.3))), skewed])
def test_a_run_of_children_that_are_no_better_accepts_any_of_them_with_probability_alpha_at_most(
    draw: Callable[[random.Random], float],
) -> None:
    """Looked at after every single pair, up to 200 of them."""
    rng, runs, children = random.Random(7), 400, 10
    wrong = 0
    for _ in range(runs):
        wrong += any(ever(number, [draw(rng) for _ in range(200)]) for number in range(1, children + 1))
    assert wrong <= ALPHA * runs + 3 * math.sqrt(ALPHA * (1 - ALPHA) * runs)


def ever(number: int, gains: Sequence[float]) -> bool:
    """Whether it would have been accepted after any of the pairs: what `decide` after each would say, in one pass."""
    capitals = [1 / 16] * 16
    for gain in gains:
        capitals = [capital * (1 + step * gain / (16 * BOUND)) for step, capital in enumerate(capitals, 1)]
        if sum(capitals) >= number * (number + 1) / ALPHA:
            return True
    return False


def test_one_pass_says_what_the_policy_says() -> None:
    rng = random.Random(5)
    for number in (1, 3):
        gains = [0.3 + rng.gauss(0.0, 0.3) for _ in range(80)]
        assert ever(number, gains) == any(accepts(gains[:count], number) for count in range(1, 81))


def test_noise_aware_does_not_keep_that_promise() -> None:
    """What the test above would see of a policy that promises for one child."""
    rng, policy, runs, wrong = random.Random(7), ACCEPTANCES.make("noise_aware"), 60, 0
    for _ in range(runs):
        for number in range(1, 21):
            gains = [rng.gauss(0.0, 0.3) for _ in range(32)]
            if policy.decide({"t": gains}, Hypothesis(number, BOUND)).verdict is Verdict.ACCEPTED:
                wrong += 1
                break
    assert wrong > runs / 3


def test_what_is_plainly_better_is_accepted_and_a_later_child_needs_more() -> None:
    rng = random.Random(3)
    gains = [0.4 + rng.gauss(0.0, 0.3) for _ in range(160)]
    needed = {number: next(n for n in range(1, 161) if accepts(gains[:n], number)) for number in (1, 100)}
    assert needed[1] < needed[100] < 160
    assert not accepts([-each for each in gains])
    said = CERTIFIED.decide({"t": gains[:2]}, Hypothesis(100, BOUND))
    assert said.verdict is Verdict.REJECTED and said.reason.endswith("of the 2.02e+05 that child needs")


def test_a_round_of_tasks_that_gain_and_lose_is_worth_no_more_than_its_mean() -> None:
    """All four outcomes of two independent pairs, exactly: one task gains what the other loses."""
    for gain, spread in ((0.2, 0.1), (0.5, 1.0)):
        gained, lost = (gain - spread, gain + spread), (-gain - spread, -gain + spread)
        assert sum(wealth([one, other], BOUND) for one in gained for other in lost) / 4 <= 1


def test_a_task_with_fewer_seeds_makes_the_rounds() -> None:
    assert list(pairs({"a": [0.1, 0.3], "b": [0.5, -0.1]})) == [0.1, 0.3, 0.5, -0.1]
    assert list(pairs({"a": [0.1, 0.3, 0.5, 0.7], "b": [1.0, 0.0]})) == pytest.approx([0.3, 0.5, 1.0, 0.0])


def test_a_run_in_which_nothing_can_be_certified_is_told_before_it_begins() -> None:
    tasks = {name: load(name) for name in ("maxcut", "circle_packing_26")}
    run = Run(tasks=list(tasks), acceptance="certified", generations=50)
    assert out_of_reach(run, tasks).startswith(
        "certified could accept nothing in generation 50: a gain of +1 on each of 8"
    )
    assert not out_of_reach(run.model_copy(update={"scoring": Scoring(search_seeds=32)}), tasks)
    assert not out_of_reach(run.model_copy(update={"acceptance": "noise_aware"}), tasks)


def test_the_bound_is_what_the_parent_can_lose() -> None:
    assert hypothesis(4, [0.25, 1.0, -1.0]) == Hypothesis(4, 2.0)
    assert hypothesis(1, [-1.0]).bound == 1.0, "a parent that fails everywhere"
