"""Search over a program's constants: random search, TPE and CMA-ES, for the same calls of a real task."""

from __future__ import annotations

import random

import pytest
from in_process import CountedUtility, score, task_named

from godel.constants import SEARCHERS, make
from godel.contract import Program

OPTIONAL = {"random_search": "random", "tpe": "optuna", "cma_es": "cmaes"}


def test_what_is_optional_is_said_for_each() -> None:
    assert sorted(OPTIONAL) == sorted(SEARCHERS)
    with pytest.raises(LookupError, match="unknown searcher 'grid'; there are: random_search, tpe, cma_es"):
        make("grid")


@pytest.mark.parametrize("name", SEARCHERS)
def test_it_makes_all_its_calls_and_gives_the_best_that_it_has_seen(name: str) -> None:
    pytest.importorskip(OPTIONAL[name])
    initial, utility = task_named("micro_knobs").initial, CountedUtility("micro_knobs", 3, 50)
    made = make(name)(initial, utility, 45, random.Random(1))
    assert utility.remaining == 5 and len(utility.known) >= 40
    assert score("micro_knobs", made, 3) == max(utility.known.values()) > 0.2
    again = make(name)(initial, CountedUtility("micro_knobs", 3, 45), 45, random.Random(1))
    assert again == made


@pytest.mark.parametrize("name", SEARCHERS)
def test_a_program_without_constants_comes_back(name: str) -> None:
    pytest.importorskip(OPTIONAL[name])
    initial = task_named("micro_order").initial
    assert make(name)(initial, CountedUtility("micro_order", 3, 9), 9, random.Random(1)) == initial
    assert make(name)(Program({"main.py": "X = 1.0\n"}), CountedUtility("micro_order", 3, 0), 0, random.Random(1))
