"""Where guests are cheap, no judge's guest works on two candidates: not even while a scaffold searches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from noted import Noted
from runs import tier_or_skip

from godel.scoring.bench import Bench, Judge
from godel.tasks import load

pytestmark = pytest.mark.bubblewrap


@pytest.fixture
def pool() -> Iterator[Noted]:
    tier = tier_or_skip("bubblewrap")
    assert tier.forks()
    with Noted(tier) as pool:
        yield pool


@pytest.mark.parametrize("recorded", [False, True])
def test_each_candidate_has_a_judge_of_its_own(pool: Noted, recorded: bool) -> None:
    task = load("online_bin_packing")
    with closing(Judge(pool)) as judge, Bench(pool, judge) as bench:
        values = {bench.evaluate(task, task.initial, 1, recorded=recorded).value for _ in range(3)}
    assert len(values) == 1 and None not in values
    assert pool.roles.count("judge") == 3


def test_programs_that_are_read_share_one_for_one_search(pool: Noted) -> None:
    task = load("micro_rule")
    with closing(Judge(pool)) as judge, Bench(pool, judge) as bench:
        for searches in (1, 2):
            bench.begin_search()
            for _ in range(3):
                assert bench.evaluate(task, task.initial, 1, recorded=False).failure is None
            assert pool.roles == ["judge"] * searches
