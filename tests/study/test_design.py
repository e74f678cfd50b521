"""Designs: what is read, and what is said of one that can't be conducted."""

from __future__ import annotations

from pathlib import Path

import pytest

from godel.errors import ConfigError, UnknownName, UsageError
from godel.study.conditions import BUILT_IN
from godel.study.design import Design, load, merged, over

WHOLE = """
seeds = [1, 2]
conditions = ["self", "mine", "best_frozen"]
[run]
tasks = ["micro_knobs"]
improve = { calls = 7 }
[condition.mine]
settings = { selection = "dgm", improve = { self_calls = 4 } }
"""


def read(tmp_path: Path, text: str) -> Design:
    file = tmp_path / "d.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def test_conditions_lie_over_what_all_runs_share(tmp_path: Path) -> None:
    design = read(tmp_path, WHOLE)
    assert design.arms() == ("self", "mine", "frozen_0", "frozen_10", "frozen_60")
    assert design.compared() == (("self", "mine"), ("self", "best_frozen"))
    run = design.settings("mine", 2, "secret")
    assert (run.selection, run.seed, run.improve.calls, run.improve.self_calls) == ("dgm", 2, 7, 4)
    assert run.secret != design.settings("mine", 1, "secret").secret
    assert run.secret == design.settings("self", 2, "secret").secret, "paired: the same instances"


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_condition_that_comes_along_can_be_run(tmp_path: Path, name: str) -> None:
    names = ["self"] if name == "self" else ["self", name]
    design = read(tmp_path, f"seeds = [1]\nconditions = {names}\n")
    assert design.arms()[-1] == name and design.of(name).meaning


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ('seeds = []\nconditions = ["self"]', ConfigError, "seeds"),
        ('seeds = [1, 1]\nconditions = ["self"]', ConfigError, "twice"),
        ('seeds = [1]\nconditions = ["sefl"]', UnknownName, "did you mean self?"),
        ('seeds = [1]\nconditions = ["self"]\ncontrasts = [["self", "sham"]]', UnknownName, "contrasts"),
        ('seeds = [1]\nconditions = ["self"]\n[run]\ngeneratoins = 3', UnknownName, "generations"),
        ('seeds = [1]\nconditions = ["self"]\n[run]\nselection = "bset"', UnknownName, "did you mean best"),
        ('seeds = [1]\nconditions = ["self"]\nsead = 4', UnknownName, "sead"),
        ('seeds = [1]\nconditions = ["sham", "self"]', ConfigError, "put another first"),
        ('seeds = [true]\nconditions = ["self"]', ConfigError, "seeds"),
        ('seeds = [9007199254740993]\nconditions = ["self"]', ConfigError, "seed"),
        ('seeds = [1]\nconditions = ["s\u00e9lf"]', ConfigError, "conditions"),
        ('seeds = [1]\nconditions = ["../x"]', ConfigError, "conditions"),
        ('seeds = [1]\nconditions = ["a"]\n[condition.a]\nsettings = { seed = 7 }', ConfigError, "condition a: seed"),
        ('seeds = [1]\nconditions = ["self"]\n[condition.best_frozen]', ConfigError, "another name"),
        ('seeds = [1]\nconditions = ["self"', ConfigError, "d.toml"),
    ],
)
def test_what_can_not_be_conducted_is_said_in_a_line(
    tmp_path: Path, text: str, kind: type[UsageError], said: str
) -> None:
    with pytest.raises(kind) as found:
        read(tmp_path, text)
    assert said in str(found.value) and "\n" not in str(found.value)


def test_options_stay_with_their_policy() -> None:
    shared = {"pruning": "least_gain", "options": {"pruning": {"gain": 0.0}, "selection": {"rate": 1}}}
    assert over(shared, {"pruning": "none"}) == {"pruning": "none", "options": {"selection": {"rate": 1}}}
    assert over(shared, {"seed": 3})["options"] == shared["options"]


def test_the_designs_of_the_claims_can_be_conducted() -> None:
    designs = sorted((Path(__file__).parents[2] / "benchmarks" / "designs").glob("*.toml"))
    assert [load(each).question.endswith("?") for each in designs] == [True, True, True]


def test_sections_are_merged_and_values_replaced() -> None:
    below = {"a": {"x": 1, "y": 2}, "b": 3, "c": {"z": 1}}
    assert merged(below, {"a": {"y": 5}, "c": 4, "d": 6}) == {"a": {"x": 1, "y": 5}, "b": 3, "c": 4, "d": 6}
