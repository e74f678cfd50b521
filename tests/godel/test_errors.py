"""Errors of ours go from process to process, with their text and what they carry."""

from __future__ import annotations

import pickle

import pytest

from godel.errors import BudgetSpent, Declined, GodelError, ProviderFailed, UnknownName
from godel.sandbox import EngineRefused


@pytest.mark.parametrize(
    "error",
    [
        UnknownName("task", "macxut", ["maxcut"]),
        BudgetSpent("over", "tokens", 12.0),
        ProviderFailed("busy", 3.0),
        Declined("empty"),
        EngineRefused(404, "no such image"),
    ],
)
def test_an_error_is_the_same_in_another_process(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_every_error_of_ours_is_covered() -> None:
    def kinds(base: type[GodelError]) -> set[type[GodelError]]:
        return {base}.union(*(kinds(each) for each in base.__subclasses__()))

    assert all(each.__reduce__ is GodelError.__reduce__ for each in kinds(GodelError))
