"""What is said of results whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from godel.lineage import Spend, Split, Trial
from godel.study.conditions import BEST_FROZEN, FROZEN
from godel.study.contrasts import Effect, condition, contrast, handed_in, measures, over_seed, proposals
from godel.study.results import Result

TRIALS = [Trial(task, Split.HELD_OUT, seed) for task in ("a", "b") for seed in range(4)]


def made(name: str, seed: int, gain: float, children: str = "xyz", imp: float | None = None) -> Result:
    """Hands in what is better than its seed by `gain`; instances differ more than scaffolds do."""
    level = {trial: 0.2 * trial.seed + 0.3 * seed for trial in TRIALS}
    gains = {"t": {0: imp, 1: imp}} if imp is not None else None
    return Result(
        name,
        seed,
        node=f"{name} {gain}",
        generations=len(children),
        kept=1,
        depth=1,
        search=Spend(evaluations=100),
        measuring=Spend(evaluations=10),
        held_out={trial: value + gain for trial, value in level.items()},
        seed_held_out=level,
        imp=gains,
        seed_imp={"t": {0: 0.0, 1: 0.0}} if gains else None,
        proposals=list(children),
    )


def only(effects: list[Effect]) -> Effect:
    assert len(effects) == 1
    return effects[0]


def test_a_difference_is_paired_and_its_unit_is_the_run_seed() -> None:
    gains = {1: 0.10, 2: 0.14, 3: 0.12}
    results = [made("self", seed, 0.3 + gain) for seed, gain in gains.items()]
    results += [made("frozen", seed, 0.3, "abc") for seed in gains]
    found = only(contrast(results, "self", "frozen", proposals))
    assert found.by_seed == pytest.approx(gains)
    assert found.effect.mean == pytest.approx(0.12)
    assert found.effect.pairs == 3
    assert found.effect.low == pytest.approx(0.12 - 4.3027 * 0.02 / 3**0.5, abs=1e-4)
    assert (found.verdict, found.different) == ("more", 1.0)
    assert only(contrast(results, "frozen", "self", proposals)).verdict == "less"


def test_what_hardly_proposes_anything_else_was_not_tested() -> None:
    """However far the two lie apart: a twentieth of the generations differs."""
    results = [made("self", seed, 0.5, "x" * 19 + "y") for seed in (1, 2)]
    results += [made("frozen", seed, 0.1 * seed, "x" * 20) for seed in (1, 2)]
    found = only(contrast(results, "self", "frozen", proposals))
    assert (found.verdict, found.different) == ("not tested", 0.05)


def test_conditions_that_choose_differ_by_what_they_hand_in() -> None:
    results = [made("self", 1, 0.2), made("sham", 1, 0.2), made("self", 2, 0.2), made("sham", 2, 0.1)]
    results = [replace(each, node="same") if each.seed == 1 else each for each in results]
    assert only(contrast(results, "self", "sham", handed_in)).different == 0.5


def test_the_best_frozen_is_chosen_on_the_other_run_seeds() -> None:
    """frozen_60 is best with run seed 3 alone: chosen there, it would be flattered."""
    worth = {"frozen_0": (0.1, 0.1, 0.1), "frozen_10": (0.3, 0.3, 0.2), "frozen_60": (0.0, 0.0, 0.9)}
    results = [made(name, seed, gain) for name, gains in worth.items() for seed, gain in enumerate(gains, 1)]
    chosen = condition(results, BEST_FROZEN, "held out")
    assert {seed: each.name for seed, each in chosen.items()} == {1: "frozen_60", 2: "frozen_60", 3: "frozen_10"}
    results += [made("self", seed, 0.3) for seed in (1, 2, 3)]
    found = only(contrast(results, "self", BEST_FROZEN, proposals))
    assert found.by_seed == pytest.approx({1: 0.3, 2: 0.3, 3: 0.1})
    assert set(found.chosen.values()) <= set(FROZEN)


def test_transfer_is_a_measure_of_its_own_once_every_arm_has_it() -> None:
    results = [made("self", seed, 0.1, imp=0.4) for seed in (1, 2)] + [made("frozen", seed, 0.1) for seed in (1, 2)]
    assert measures(results) == ["held out"]
    results[2:] = [made("frozen", seed, 0.1, imp=0.1) for seed in (1, 2)]
    held_out, imp = contrast(results, "self", "frozen", handed_in)
    assert [held_out.effect.mean, imp.effect.mean] == pytest.approx([0.0, 0.3])


def test_over_its_seed() -> None:
    found = only(over_seed([made("self", seed, 0.25) for seed in (1, 2, 3)], "self"))
    assert found.effect.mean == pytest.approx(0.25)
    assert (found.right, found.different) == ("seed", None)
