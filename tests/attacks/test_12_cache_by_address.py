"""12: a cache by id or address. Every call comes as bytes, and what is made of them stands at an address of
its own, or at one that something else had before."""

from __future__ import annotations

import pytest
from attacks import COUNTS, Arena, task

BY_ADDRESS = """
honest_cut, cache = cut, {}
def cut(nodes, edges):
    if (id(edges), nodes) not in cache:
        cache[id(edges), nodes] = honest_cut(nodes, edges)
    return cache[id(edges), nodes]
"""
BY_POINTER = """
honest_predict, cache = predict, {}
def predict(model, texts):
    return cache.setdefault(KEY, honest_predict(model, texts))
"""


def test_answers_for_other_graphs_gain_nothing(arena: Arena) -> None:
    arena.attack(task("maxcut"), BY_ADDRESS)


@pytest.mark.parametrize("key", ["texts.data_ptr()", "texts.shape"])
def test_predictions_for_texts_as_they_were_gain_nothing(arena: Arena, key: str) -> None:
    """The shape finds the first answer again and again; what an address finds is chance."""
    arena.attack(task("byte_lm", cpu_s=60.0), BY_POINTER.replace("KEY", key), COUNTS)
