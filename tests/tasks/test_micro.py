"""The suite `micro`: landscapes over texts that are read, each as it is said to be."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from godel.contract import Program
from godel.sandbox import library
from godel.tasks import Task, load, names
from godel.tasks.judging import LANDSCAPES, Invalid
from godel.tasks.landscapes import Landscape, choices, dispatch, order, rule
from godel.tasks.landscapes.families import FAMILIES
from godel.tasks.landscapes.staircase import RIGHT
from godel.tasks.suites import suites

MICRO = suites()["micro"]
FREE_OF_NOISE = ("micro_knobs", "micro_valley", "micro_staircase", "micro_order", "micro_choices")


def at(name: str, seed: int) -> Landscape:
    made: Landscape = importlib.import_module(f"godel.tasks.{name}.judge").instance(seed, {})
    return made


def texts(name: str) -> tuple[str, str]:
    task = load(name)
    return task.initial.files["main.py"], task.reference.files["main.py"]


def test_there_are_eight_families_or_more_and_each_has_a_task() -> None:
    assert len(FAMILIES) >= 8 and {name.removeprefix("micro_") for name in MICRO} == set(FAMILIES)
    assert all(load(name).judged_by == "reading" and not load(name).stage for name in MICRO)


@pytest.mark.parametrize("name", MICRO)
def test_the_reference_is_clearly_better_on_every_instance(name: str) -> None:
    initial, reference = texts(name)
    values = np.array([[land(initial), land(reference)] for land in (at(name, seed) for seed in range(40))])
    gaps = values[:, 1] - values[:, 0]
    assert gaps.min() > 0.4 * gaps.mean() > 0


@pytest.mark.parametrize("name", MICRO)
def test_it_is_judged_by_its_text(bench: Any, name: str) -> None:
    task = load(name)
    start, reference = (bench.evaluate(task, each, 3, True)["value"] for each in (task.initial, task.reference))
    assert task.normalise(start, start, reference) == 0 and task.normalise(reference, start, reference) == 1
    refused = bench.evaluate(task, Program({"main.py": "import os\nos._exit(0)\n"}), 3, True)
    assert (refused["value"], refused["failure"]) == (None, "invalid") and "line 1" in refused["detail"]


@pytest.mark.parametrize("name", MICRO)
def test_an_instance_is_a_function_of_its_seed(name: str) -> None:
    initial, _ = texts(name)
    assert at(name, 5)(initial) == at(name, 5)(initial) == at(name, 5)("# a comment\n" + initial)
    assert len({at(name, seed)(initial) for seed in range(5)}) > 1


@pytest.mark.parametrize("family", FAMILIES)
def test_a_drawn_problem_has_a_good_text_and_a_worse_one_to_begin_with(family: str) -> None:
    draw = FAMILIES[family]
    for seed in range(30):
        made, again = (draw(np.random.default_rng(seed)) for _ in range(2))
        assert made[1:] == again[1:]
        for land in (made.problem.at(1), made.problem.at(2)):
            assert land(made.reference) > land(made.initial)
    assert len({draw(np.random.default_rng(seed)).initial for seed in range(10)}) > 5


def changed(name: str, before: str, after: str) -> str:
    text, _ = texts(name)
    assert before in text
    return text.replace(before, after)


def test_a_step_of_the_staircase_counts_only_once_all_before_it_are_right() -> None:
    land, (initial, _) = at("micro_staircase", 0), texts("micro_staircase")
    third = changed("micro_staircase", "STIR = 22.0", "STIR = 40.0")
    assert land(third) == land(initial) < land(third.replace("COOL = 25.0", "COOL = 12.0"))
    nearly = third.replace("COOL = 25.0", f"COOL = {12 * np.exp(0.9 * RIGHT)}")
    assert land(nearly) == land(third.replace("COOL = 25.0", "COOL = 12.0"))


def test_the_valley_is_narrow_and_leads_on() -> None:
    """One number twice as good is worse; both together are better."""
    land, (initial, _) = at("micro_valley", 0), texts("micro_valley")
    alone = changed("micro_valley", "HEAT = 70.0", "HEAT = 140.0")
    assert land(alone) < land(initial) < land(alone.replace("TIME = 60.0", "TIME = 30.0"))


def test_every_look_at_the_weights_is_noisy_and_shares_alone_count() -> None:
    land = at("micro_weights", 0)
    doubled = "".join(f"{line}\n" for line in texts("micro_weights")[0].splitlines() if "=" in line)
    assert land(doubled) == land(texts("micro_weights")[0])
    looks = [land(changed("micro_weights", "ANNA = 1.1", f"ANNA = {1.1 + n * 1e-9}")) for n in range(60)]
    assert 0.01 < np.std(looks) < 0.06


@pytest.mark.parametrize("name", FREE_OF_NOISE)
def test_without_noise_a_text_that_means_the_same_is_worth_the_same(name: str) -> None:
    land, (initial, _) = at(name, 0), texts(name)
    same = land(initial.replace("=", "= 1.0 *", 1) if " = " in initial else "'''Other words.'''\n" + initial)
    assert abs(same - land(initial)) < 1e-9


def test_a_rule_is_right_on_all_examples_but_those_that_are_labelled_wrong() -> None:
    worth = [at("micro_rule", seed)(texts("micro_rule")[1]) for seed in range(50)]
    assert abs(np.mean(worth) - (1 - rule.WRONG)) < 0.02


def test_a_job_is_taken_by_its_priority_and_pays_for_its_delay() -> None:
    jobs = [(5.0, 4.0, 1.0), (3.0, 3.0, 10.0)]
    assert dispatch.cost(lambda due, length, weight, now: -due, jobs) == 2.0 / 2
    assert dispatch.cost(lambda due, length, weight, now: 0.0, jobs) == (7 - 3) * 10 / 2


def test_an_order_is_made_whole() -> None:
    text = "def order(a, b, c, d): return line(c, a, c)"
    assert order.ordered(text, ["w", "x", "y", "z"]) == ["y", "w", "x", "z"]


def test_levels_are_made_as_many_as_there_are_settings() -> None:
    read: Callable[[str], list[int]] = lambda args: choices.chosen(  # noqa: E731
        f"def settings(low, middle, high): return plan({args})", 3
    )
    assert read("high") == [2, 0, 0] and read("low, middle, high, high") == [0, 1, 2]


@pytest.mark.parametrize("name", MICRO)
def test_numbers_without_bound_are_a_value_or_invalid(name: str) -> None:
    task: Task = load(name)
    land = at(name, 0)
    for number in ("0", "-1", "1e308", "-1e308", "1e-308", "9" * 300, "1e999", "5e-324"):
        text = task.initial.files["main.py"]
        for old in {word for word in text.split() if word.replace(".", "").isdigit()}:
            text = text.replace(f" {old}", f" {number}")
        try:
            assert np.isfinite(land(text))
        except Invalid as refused:
            assert refused.detail


def test_what_says_what_is_best_is_in_no_guests_library_and_sent_to_the_judges_that_use_it() -> None:
    assert not [place for place, _ in library.files() if "landscapes" in place]
    with_it = {name for name in names() if any(path.startswith(LANDSCAPES) for path in load(name).judge_files)}
    assert with_it == {name for name in names() if name.startswith(("micro_", "weak_"))}
