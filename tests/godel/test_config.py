"""Configuration: file, then overrides, then options; errors name the file and the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from godel import config
from godel.errors import ConfigError, UnknownName


def test_later_wins(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text("generations = 5\nseed = 1\nworkers = 3\n[improve]\ncalls = 7\n")
    run = config.load(file, ["seed=2", "improve.calls=9"], workers=4, sandbox=None)
    assert (run.generations, run.seed, run.improve.calls, run.workers) == (5, 2, 9, 4)


def test_a_bare_word_is_a_string() -> None:
    assert config.load(None, ["selection=dgm"]).selection == "dgm"


@pytest.mark.parametrize("override", ["improve.cals=3", "generation=3", "seed.deep=1"])
def test_an_unknown_key_gets_the_nearest(override: str) -> None:
    with pytest.raises((UnknownName, ConfigError)) as caught:
        config.load(None, [override])
    assert override.split("=")[0] in str(caught.value) or "seed" in str(caught.value)


def test_the_nearest_key_is_named() -> None:
    with pytest.raises(UnknownName, match=r"did you mean improve\.calls"):
        config.load(None, ["improve.cals=3"])


@pytest.mark.parametrize(
    "override", ["generations=0", "budget.cpu_s=-1", "improve.wall_s=0", "workers=1.5", "tasks=[]"]
)
def test_what_is_out_of_range_is_refused(override: str) -> None:
    with pytest.raises(ConfigError, match=override.split("=")[0]):
        config.load(None, [override])


def test_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text("generations = 'many'\n")
    with pytest.raises(ConfigError, match=r"run\.toml: generations"):
        config.load(file)
    file.write_text("generations = \n")
    with pytest.raises(ConfigError, match=r"run\.toml"):
        config.load(file)
    with pytest.raises(ConfigError, match="No such file"):
        config.load(tmp_path / "nowhere.toml")
