"""Weak improvers: each fault can be mended by itself, and one problem that goes wrong is one problem."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from weak_improvers import NAMES, Here, faults, value

from godel.tasks import load
from godel.tasks.judging import Invalid
from godel.tasks.judging.improvers.problem import Problem
from godel.tasks.landscapes import improving as judge
from godel.tasks.landscapes.families import FAMILIES
from godel.tasks.suites import suites

SMALL = {"problems": 9, "calls": 6}
BEST_OF = """
def improve(problem, utility, rng):
    best, top = problem, 0.0
    while utility.remaining:
        tried = problem.changed(rng, 0.7, 0.5)
        score = utility(tried)
        if score > top:
            best, top = tried, score
    return best
"""
GIVES_BACK = "def improve(problem, utility, rng):\n    return problem\n"


def texts(name: str) -> tuple[str, str]:
    task = load(name)
    return task.initial.files["main.py"], task.reference.files["main.py"]


def scored(text: str, seed: int = 0) -> Any:
    return judge.score(judge.instance(seed, SMALL), Here(text))


def test_there_are_eight_and_four_of_them_are_for_transfer() -> None:
    assert len(NAMES) == len(set(NAMES)) == 8
    assert {name for name in NAMES if load(name).reserved} == {*suites()["weak_improver:reserved"]}
    assert len(suites()["weak_improver:reserved"]) == 4
    assert len({texts(name)[1] for name in NAMES}) == 8


@pytest.mark.parametrize("name", NAMES)
def test_every_fault_is_mended_by_itself_and_all_of_them_make_the_reference(name: str) -> None:
    weak, mended = texts(name)
    assert len(faults(name)) >= 3
    for order in (faults(name), faults(name)[::-1]):
        text = weak
        for fault in order:
            assert text.count(fault["weak"]) == 1 and mended.count(fault["mended"]) == 1
            text = text.replace(fault["weak"], fault["mended"])
            compile(text, "main.py", "exec")
        assert text == mended


@pytest.mark.parametrize("name", NAMES)
def test_the_mended_one_is_clearly_better(name: str) -> None:
    """How much each fault costs by itself is measured by benchmarks/weak_improvers.py."""
    weak, mended = texts(name)
    assert all(value(mended, seed) - value(weak, seed) > 0.05 for seed in range(3))


def test_an_instance_has_every_family_and_problems_of_its_own() -> None:
    one, again, other = (judge.instance(seed, SMALL) for seed in (1, 1, 2))
    assert [each.initial for each in one.each] == [each.initial for each in again.each]
    assert {each.initial for each in one.each}.isdisjoint(each.initial for each in other.each)
    assert len({each.family for each in one.each}) == 9
    for each in one.each:
        assert each.searched(each.initial) == each.scored(each.initial) == 0 and each.searched.sound


def test_it_is_run_and_judged_the_same_twice(bench: Any) -> None:
    task = load("weak_restarts")
    one, two = (bench.evaluate(task, task.initial, 3, True) for _ in range(2))
    assert one == two and one["failure"] is None and set(one["numbers"]) <= {*FAMILIES}
    assert one["value"] == value(task.initial.files["main.py"], 3)


def test_who_gives_back_what_it_was_given_is_worth_nothing_and_who_searches_more() -> None:
    assert scored(GIVES_BACK).value == 0 < scored(BEST_OF).value


@pytest.mark.parametrize(
    "goes_wrong",
    [
        "raise ValueError",
        "raise SystemExit",
        "import sys; sys.exit()",
        "return None",
        "return 'text'",
        "utility()",
        "while True: utility(problem)",
        "return type(problem)('while True: pass')",
        "return type(problem)(7)",
    ],
)
def test_a_problem_that_goes_wrong_counts_minus_one_and_the_others_stand(goes_wrong: str) -> None:
    text = GIVES_BACK.replace("    return", f"    if not problem.numbers:\n        {goes_wrong}\n    return")
    marks = scored(text).details["marks"]
    words = [not Problem(each.initial).numbers for each in judge.instance(0, SMALL).each]
    assert 0 < sum(words) < len(marks)
    assert marks == [-1.0 if alone else 0.0 for alone in words]


def test_who_fails_on_every_problem_fails() -> None:
    with pytest.raises(Invalid, match="it fails on every problem: ValueError: because"):
        scored(GIVES_BACK.replace("return problem", "raise ValueError('because')"))


def test_what_it_ends_with_is_scored_on_another_instance_than_the_one_it_searched_on() -> None:
    made = judge.instance(0, SMALL)
    apart = [replace(each, scored=judge.Scale(lambda text: 0.25, 0.0, 1.0)) for each in made.each]
    assert judge.score(replace(made, each=apart), Here(BEST_OF)).value == 0.25
    drawn = made.each[0]
    assert drawn.searched.start != drawn.scored.start or drawn.searched.reference != drawn.scored.reference


class Says:
    """A candidate that answers as it likes."""

    recorded = False

    def __init__(self, *replies: Any) -> None:
        self._replies = list(replies)

    def start(self) -> None:
        pass

    def call(self, request: Any) -> Any:
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]


@pytest.mark.parametrize(
    "reply",
    [
        None,
        5,
        "text",
        [],
        [{}],
        {},
        [None] * 9,
        [{"text": 5}] * 9,
        [{"done": None}] * 9,
        [{"score": 1.0}] * 9,
        [["text", "x"]] * 9,
        [{"text": "x"}] * 10,
        [{"value": 1e9, "done": 3}] * 9,
    ],
)
def test_whatever_a_candidate_says_is_a_result(reply: Any) -> None:
    with pytest.raises(Invalid):
        judge.score(judge.instance(0, SMALL), Says(reply))


def test_who_asks_for_ever_fails() -> None:
    with pytest.raises(Invalid, match="more calls than it has"):
        judge.score(judge.instance(0, SMALL), Says([{"text": "x = 1"}] * 9))


RULE = "def accept(size, age, rate, load):\n    return (size > 3.5 and age < 2.0) or load > 7.9\n"


def test_a_problem_shows_its_places() -> None:
    problem = Problem(RULE)
    assert problem.numbers == [3.5, 2.0, 7.9]
    assert problem.words == ["size", ">", "and", "age", "<", "or", "load", ">"]
    assert problem.options(0) == ("size", "age", "rate", "load") and problem.options(1) == ("<", ">")
    assert problem.with_number(1, 0.25).numbers == [3.5, 0.25, 7.9]
    assert problem.with_word(0, "rate").exchanged(0, 6).words[::6] == ["load", "rate"]
    assert problem.exchanged(1, 4).text == RULE.replace("size >", "size <").replace("age <", "age >")
    assert problem.text == RULE


@pytest.mark.parametrize("seed", range(9))
def test_changes_of_a_drawn_problem_are_read(seed: int) -> None:
    """One after the other; a few may fail for their values, none for their form."""
    rng = random.Random(seed)
    for exercise in judge.instance(seed, SMALL).each:
        problem = Problem(exercise.initial)
        for _ in range(10):
            problem = problem.changed(rng, 0.7, 0.5)
            try:
                exercise.searched(problem.text)
            except Invalid as refused:
                assert "is not read" not in refused.detail and "does not parse" not in refused.detail
        assert problem.text != exercise.initial
