"""Where proposals fell: every generation is counted once, and noise is measured on children that differ."""

from __future__ import annotations

import math

import pytest
from made import generation

from godel.contract import Program
from godel.lineage import Evaluation, Split, Status, Transcript
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.analysis.proposals import BETTER, NEUTRAL, UNCHANGED, WORSE, deviations, kind, proposals
from godel.lineage.store import Store

SEED = {"a": [0.1, 0.2, 0.3, 0.4], "b": [0.5, 0.6]}


def record(
    store: Store, index: int, status: Status, scores: dict[str, list[float]], rung: str = "", why: str = ""
) -> None:
    tree = Program({"main.py": f"X = {index}\n"}, "main.py")
    key = tree.digest
    parent = store.generations()[0].child if index else None
    made = [
        Evaluation(key, task, "v", Split.SEARCH, seed, score, None, None, "")
        for task, values in scores.items()
        for seed, score in enumerate(values)
    ]
    child = None if status is Status.FAILED else key
    store.record(
        generation(index, parent, child, parent, status, why, rung), tree if child else None, made, Transcript()
    )


def child(*by: float) -> dict[str, list[float]]:
    """Scores on the first trials of both tasks that differ from the seed's by so much."""
    a, b = by[: len(by) // 2], by[len(by) // 2 :]
    return {
        "a": [x + d for x, d in zip(SEED["a"], a, strict=False)],
        "b": [x + d for x, d in zip(SEED["b"], b, strict=False)],
    }


@pytest.fixture
def null(store: Store) -> Store:
    record(store, 0, Status.SEED, SEED)
    record(store, 1, Status.HOPELESS, child(0, 0))
    record(store, 2, Status.HOPELESS, child(-0.5, -0.7))
    record(store, 3, Status.HOPELESS, child(0.1, -0.1, -0.1, 0.1))
    record(store, 4, Status.REFUSED, {}, "smoke", "fails on a toy program: crash: KeyError: 'x'")
    record(store, 5, Status.REFUSED, {}, "smoke", "fails on a toy program: cpu: ")
    record(store, 6, Status.REFUSED, {}, "duplicate", "the same program as its parent")
    record(store, 7, Status.FAILED, {}, why="crash: NameError: x")
    return store


def test_every_proposal_is_counted_where_it_fell(null: Store) -> None:
    found = proposals(Lineage.of(null))
    assert found.tried == 7 and sum(found.statuses.values()) == 7
    assert found.refused == {"smoke": 2, "duplicate": 1}
    assert found.smoke == {"fails on a toy program": 2}
    assert found.failed == {"crash": 1}
    assert found.hopeless == found.scored == {UNCHANGED: 1, WORSE: 1, NEUTRAL: 1}
    assert found.best_gain is None


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ({"a": [0.0, 0.0], "b": [0.0]}, UNCHANGED),
        ({"a": [0.02]}, NEUTRAL),  # one pair: the interval is everything
        ({"a": [0.3]}, BETTER),
        ({"a": [0.02, 0.02, 0.02]}, BETTER),  # small, and sure
        ({"a": [0.1, -0.1]}, NEUTRAL),
        ({"a": [-0.4, 0.1]}, WORSE),
    ],
)
def test_the_class_of_a_child(pairs: dict[str, list[float]], expected: str) -> None:
    assert kind(pairs, 0.03) == expected


def test_noise_is_pooled_over_children_scored_in_full_else_over_all(null: Store) -> None:
    early = deviations(Lineage.of(null))  # generation 3 alone has two pairs of a task
    assert early == {"a": pytest.approx(math.sqrt(0.02)), "b": pytest.approx(math.sqrt(0.02))}
    record(
        null,
        8,
        Status.REJECTED,
        {"a": [each + d for each, d in zip(SEED["a"], (1, 2, 3, 4), strict=True)], "b": [0.5, 0.6]},
    )
    full = deviations(Lineage.of(null))
    assert full == {"a": pytest.approx(math.sqrt(5 / 3)), "b": 0.0}


def test_where_no_child_has_two_pairs_of_a_task_nobody_knows(store: Store) -> None:
    record(store, 0, Status.SEED, SEED)
    record(store, 1, Status.HOPELESS, child(-0.5, -0.7))
    record(store, 2, Status.HOPELESS, child(0, 0, 0, 0))
    assert deviations(Lineage.of(store)) == {}
