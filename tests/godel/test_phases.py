"""What a benchmark tells of model calls: what each of them was for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from godel.lineage import ModelCall

BENCHMARKS = str(Path(__file__).parents[2] / "benchmarks")


def test_every_call_has_a_purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    sys.modules.pop("phases", None)
    from phases import calls_by_purpose

    places = ["0/maxcut/search/0#0", "1/propose#0", "1/propose#1", "1/meta/ab12/maxcut/search/-1#0", "1/smoke/itself#0"]
    calls = [ModelCall("key", [], place=place) for place in [*places, "2/maxcut/search/0#7", "2/smoke/0#0"]]
    assert calls_by_purpose(calls, 2) == {
        "of the seed": 1,
        "propose": 1.0,
        "self-measure": 0.5,
        "smoke": 1.0,
        "trial": 0.5,
    }
