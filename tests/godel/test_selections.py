"""Policies of selection against their sources, on cases worked out by hand."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest
from known_lineage import Known

from godel.lineage.analysis.members import Member
from godel.policies.selection import SELECTIONS, Evaluate, Expand, chosen
from godel.policies.selection.islands import Islands
from godel.policies.selection.pareto import fronts, undominated
from godel.policies.selection.productive import Productive
from godel.policies.selection.shinka import Shinka
from godel.policies.selection.ucb import UpperBound


def drawn(name: str, view: Known, times: int = 1, **options: float) -> Counter[str]:
    policy, rng = SELECTIONS.make(name, options), random.Random(1)
    answers = [chosen(policy, view, rng) for _ in range(times)]
    return Counter(answer.parents[0] for answer in answers if isinstance(answer, Expand))


def test_uniform_is_even() -> None:
    found = drawn("uniform", Known({"a": [0.0], "b": [1.0], "c": [-1.0]}), 3000)
    assert set(found) == {"a", "b", "c"} and max(found.values()) - min(found.values()) < 200


def test_shinka_weighs_by_median_and_spread() -> None:
    """Median 0.4, MAD 0.1: the scores lie -3, -1, 0, 1 and 5 of it away."""
    found = Shinka(steepness=1.0).weights([0.1, 0.3, 0.4, 0.5, 0.9], [0, 0, 1, 3, 0])
    sigma = [1 / (1 + math.exp(-x)) for x in (-3.0, -1.0, 0.0, 1.0, 5.0)]
    assert found == pytest.approx([sigma[0], sigma[1], sigma[2] / 2, sigma[3] / 4, sigma[4]])
    assert Shinka().weights([0.5] * 3, [0, 0, 1]) == [0.5, 0.5, 0.25], "no spread at all"
    assert Shinka(steepness=1000.0).weights([-1e6, 0.0, 0.0], [0, 0, 0])[0] == pytest.approx(0.0)
    view = Known({"a": [0.1], "b": [0.3], "c": [0.5]}, {"c": 9})
    counts = drawn("shinka", view, 4000, steepness=1.0)
    assert counts["c"] / counts["b"] == pytest.approx(1 / (1 + math.exp(-1)) / 10 / 0.5, rel=0.25)


TABLE = {"a": [0.9, 0.1, 0.5, 0.2], "b": [0.9, 0.8, 0.5, 0.1], "c": [0.1, 0.2, 0.3, 0.9], "d": [0.8, 0.7, 0.5, 0.8]}


def test_pareto_keeps_who_is_best_at_something_and_drops_who_is_not_alone_anywhere() -> None:
    """`a` shares its two fronts with `b`, `d` its one: both go, the worse one first. `b` has three fronts, `c` one."""
    found = fronts({name: Known(TABLE).scores(name) for name in TABLE})
    assert found == [["a", "b"], ["b"], ["a", "b", "d"], ["c"]]
    assert undominated(found, ["c", "a", "b", "d"]) == {"b", "c"}
    counts = drawn("pareto", Known(TABLE), 4000)
    assert set(counts) == {"b", "c"} and counts["b"] / counts["c"] == pytest.approx(3.0, rel=0.15)


def test_pareto_of_equals_keeps_one_in_each_front() -> None:
    """The worst goes first, so of two that share every front the one with the better mean stays."""
    assert undominated([["a", "b"], ["a", "b"]], ["a", "b"]) == {"b"}
    assert undominated([["a", "b"], ["b", "c"], ["c", "a"]], ["a", "b", "c"]) == {"b", "c"}


def test_pareto_looks_at_trials_that_all_have() -> None:
    view = Known({"a": [0.5, 0.5, 9.0], "b": [0.6, 0.6]})
    assert drawn("pareto", view, 50) == {"b": 50}


def test_ucb_tries_each_once_and_then_goes_by_gain_and_bonus() -> None:
    table = {"a": [0.2, 0.2], "b": [0.5, 0.5], "x": [0.3, 0.5], "y": [0.5, 0.3]}
    made = {"a": ("x",), "b": ("y",)}
    assert drawn("ucb", Known(table, {"a": 3}, made, ("a", "b"))) == {"b": 1}
    view = Known(table, {"a": 2, "b": 8}, made, ("a", "b"))
    policy, (a, b) = UpperBound(exploration=0.5), view.members
    assert policy.bound(view, a, 10) == pytest.approx(0.2 / 2 + 0.5 * math.sqrt(2 * math.log(10) / 2))
    assert policy.bound(view, b, 10) == pytest.approx(-0.1 / 8 + 0.5 * math.sqrt(2 * math.log(10) / 8))
    assert drawn("ucb", view, exploration=0.0) == {"a": 1}
    much_tried = Known(table, {"a": 900, "b": 1}, made, ("a", "b"))
    assert drawn("ucb", much_tried, exploration=1.0) == {"b": 1} and drawn("ucb", much_tried, exploration=0.0) == {
        "a": 1
    }


CLADES = {"a": ("b", "c"), "b": ("x", "y"), "c": ("y", "x")}
"""`x` and `y` descend from `b` and from `c`, and twice from `a`."""
RESULTS = {"a": [0.0, 1.0], "b": [0.2], "c": [1.0], "x": [0.4], "y": [0.6, 0.8]}


class Fixed(random.Random):
    """Draws the mean of a beta distribution, and remembers its parameters."""

    def __init__(self) -> None:
        super().__init__(0)
        self.asked: list[tuple[float, float]] = []

    def betavariate(self, alpha: float, beta: float) -> float:
        self.asked.append((alpha, beta))
        return alpha / (alpha + beta)


def test_hgm_expands_by_clades_in_which_each_descendant_counts_once() -> None:
    rng, view = Fixed(), Known(RESULTS, made=CLADES, kept=("a", "b", "c"))
    answer = chosen(SELECTIONS.make("hgm", {"alpha": 1.0, "tau": 2.0}), view, rng)
    assert answer == Expand(("c",)), "seven evaluations are enough for five scaffolds"
    below = [0.4, 0.6, 0.8]
    for (passed, failed), own in zip(rng.asked, ([0.0, 1.0, 0.2, 1.0], [0.2], [1.0]), strict=True):
        whole = [*own, *below]
        assert (passed, failed) == pytest.approx((2 * (1 + sum(whole)), 2 * (1 + len(whole) - sum(whole))))


def test_hgm_evaluates_further_by_ones_own_results_where_evaluations_are_few() -> None:
    rng, view = Fixed(), Known(RESULTS, made=CLADES, kept=("a", "b", "c"))
    assert chosen(SELECTIONS.make("hgm", {"alpha": 0.6}), view, rng) == Evaluate("c"), "7 ** 0.6 is 3.2"
    assert [each for pair in rng.asked for each in pair] == pytest.approx([2.0, 2.0, 1.2, 1.8, 2.0, 1.0])


def test_hgm_begins_with_a_seed_of_any_score() -> None:
    assert drawn("hgm", Known({"a": [-1.0, -1.0]}), 20) == {"a": 20}


def test_chain_goes_on_from_the_last_improver_whatever_it_is_worth() -> None:
    """I_t comes from I_{t-1}: a worse one is followed all the same, one that was not kept is not."""
    view = Known({"a": [0.9], "b": [0.5], "c": [-1.0]})
    assert drawn("chain", view, 20) == {"c": 20}
    assert drawn("chain", Known({"a": [0.9], "b": [0.5], "c": [1.0]}, kept=("a", "b")), 20) == {"b": 20}


GENERATIONS = {"abcdefghij"[at]: [score] for at, score in enumerate([0.0, 0.5, 0.9, 0.7, 0.6, 0.1, 0.8, 0.4, 0.3, 0.2])}
"""Generation k is the k-th letter: of two islands, the odd ones are 1's, the even ones 0's."""


def test_islands_take_turns_and_keep_apart() -> None:
    depths = dict(zip(GENERATIONS, range(10), strict=True))
    even = Known(GENERATIONS, generation=10, depths=depths)
    odd = Known(GENERATIONS, generation=11, depths=depths)
    apart = {"count": 2, "interval": 1000}
    assert set(drawn("islands", even, 400, **apart)) == set("acegi"), "each in a cell of its own"
    counts = drawn("islands", odd, 6000, **apart)
    assert set(counts) == set("abdfhj"), "the seed is on each"
    assert max(counts.values()) < 1.2 * min(counts.values()), "every cell is as likely, whatever its score"


def test_a_cell_keeps_its_best_and_the_older_of_equals() -> None:
    table = {"a": [0.0], "b": [0.5], "c": [0.7], "d": [0.7], "e": [0.1]}
    alone, sizes = Islands(count=1, size_step=0.1), {"d": 104, "e": 122}
    grid = alone.grid(Known(table, sizes=sizes, depths={"b": 1, "c": 1, "d": 1, "e": 1}), 0)
    assert {cell: member.tree for cell, member in grid.items()} == {(0, 0): "a", (0, 1): "c", (2, 1): "e"}
    assert alone.cell(Known(table, sizes={"b": 82}), Member("b", 1, 0.0, 0)) == (-2, 0)


def test_the_best_migrate_to_both_neighbours_and_no_further() -> None:
    """Three islands, a migration after three generations of each: of `a`…`j`, three were made on each by then."""
    view = Known(GENERATIONS, generation=10)
    policy = Islands(count=3, interval=3, migrants=0.1)
    people = [{each.tree for each in policy.people(view, island)} for island in range(3)]
    own = [{"a", "d", "g", "j"}, {"a", "b", "e", "h"}, {"a", "c", "f", "i"}]
    best = ["g", "e", "c"]
    for island, found in enumerate(people):
        assert found == own[island] | {each for at, each in enumerate(best) if at != island}
    before = Known(GENERATIONS, generation=9)
    assert {each.tree for each in policy.people(before, 0)} == own[0], "not before the round is over"
    assert {each.tree for each in Islands(count=4, interval=1).people(before, 0)} == set("aeibd"), "not from opposite"


def test_productive_counts_gains_by_their_pairs_and_lends_modifications() -> None:
    """Two children of `a` (one worse), one of `b`; `a` was tried four times, `b` once, `c` never."""
    table = {"a": [0.2, 0.2], "b": [0.5, 0.5], "c": [0.0], "x": [0.4, 0.4], "y": [0.0, 0.2], "z": [0.9, 0.7]}
    made = {"a": ("x", "y"), "b": ("z",)}
    view = Known(table, {"a": 4, "b": 1}, made, ("a", "b", "c"))
    found = Productive(prior=2.0, pairs=6.0).estimates(view)
    x, z = 0.2 * 2 / 8, 0.3 * 2 / 8
    mean = (x + z) / 5
    assert found == pytest.approx({"a": (2 * mean + x) / 6, "b": (2 * mean + z) / 3, "c": mean})
    counts = drawn("productive", view, 6000, prior=2.0, pairs=6.0)
    assert counts["b"] / counts["c"] == pytest.approx(found["b"] / found["c"], rel=0.15)


def test_productive_draws_evenly_while_nothing_has_gained() -> None:
    counts = drawn("productive", Known({"a": [0.2], "b": [0.1]}, {"a": 9}, {"a": ("b",)}), 2000)
    assert set(counts) == {"a", "b"} and abs(counts["a"] - counts["b"]) < 200
