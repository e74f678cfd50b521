"""What a scaffold's manifest says of its costs is what was measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from godel import scaffold

MEASURED = json.loads(
    (Path(__file__).parents[2] / "benchmarks/results/scaffold_costs.json").read_text(encoding="utf-8")
)
BY_NAME = {each["scaffold"]: each["improve"] for each in MEASURED["scaffolds"]}


@pytest.mark.parametrize("name", [name for name in scaffold.names() if scaffold.load(name).needs_model])
def test_what_is_typical_is_what_was_measured(name: str) -> None:
    typical = scaffold.load(name).typical
    assert typical and typical.model_dump() == BY_NAME[name]
