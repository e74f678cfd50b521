"""Cuts: the judge's own search against brute force, and only valid cuts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from godel.contract import Program
from godel.tasks import load
from godel.tasks.maxcut import judge

TASK = load("maxcut")
TINY = {"graphs": 4, "nodes": 11, "degree": 5, "side": 3, "steps": 200, "starts": 2}


@pytest.mark.parametrize("seed", range(3))
def test_the_reference_is_clearly_better_than_the_initial_program(bench: Any, seed: int) -> None:
    start, reference = (bench.evaluate(TASK, p, seed, True)["value"] for p in (TASK.initial, TASK.reference))
    assert start < 0.6 < 0.85 < reference < 1.0


def test_the_judges_search_finds_the_optimum_of_small_graphs() -> None:
    for graph in judge.instance(5, TINY):
        every = (
            np.array([number >> node & 1 for node in range(graph.nodes)]) for number in range(1 << graph.nodes - 1)
        )
        assert graph.reference == max(map(graph.cut, every))


def test_an_instance_is_a_function_of_seed_and_preset() -> None:
    first, again, other = (judge.instance(seed, TINY) for seed in (1, 1, 2))
    assert [g.edges.tolist() for g in first] == [g.edges.tolist() for g in again]
    assert [g.reference for g in first] == [g.reference for g in again]
    assert [g.edges.tolist() for g in first] != [g.edges.tolist() for g in other]


def test_graphs_are_simple_and_signed() -> None:
    for graph in judge.instance(0, TASK.preset):
        u, v, weight = graph.edges.T
        assert (u != v).all() and set(weight) == {-1, 1}
        assert len({frozenset(pair) for pair in zip(u.tolist(), v.tolist(), strict=True)}) == len(graph.edges)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ("[0] * nodes", None),
        ("[0] * (nodes - 1)", "invalid"),
        ("[0] * (nodes + 1)", "invalid"),
        ("[2] + [0] * (nodes - 1)", "invalid"),
        ("[-1] + [1] * (nodes - 1)", "invalid"),
        ("[0.0] * nodes", "invalid"),
        ("[True] * nodes", "invalid"),
        ("['0'] * nodes", "invalid"),
        ("[[0]] * nodes", "invalid"),
        ("[10**30] * nodes", "crash"),
        ("[[0], 1] * nodes", "crash"),
        ("None", "crash"),
        ("{'value': 1e9}", "crash"),
    ],
)
def test_only_a_side_for_every_node_is_a_cut(bench: Any, answer: str, failure: str | None) -> None:
    program = Program({"main.py": f"def cut(nodes, edges): return {answer}"})
    verdict = bench.evaluate(TASK, program)
    assert verdict["failure"] == failure
    if failure is None:
        assert verdict["value"] == 0.0  # no edge runs across
