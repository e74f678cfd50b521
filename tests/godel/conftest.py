"""Tiers and runs for the tests of the engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from runs import proceed, tier_or_skip

from godel.config import Run
from godel.loop.run_folder import create
from godel.sandbox import Tier


@pytest.fixture(
    params=[pytest.param("docker", marks=pytest.mark.docker), pytest.param("bubblewrap", marks=pytest.mark.bubblewrap)]
)
def any_tier(request: pytest.FixtureRequest) -> Tier:
    """Every tier in turn."""
    return tier_or_skip(request.param)


@pytest.fixture
def bubblewrap() -> Tier:
    """The tier that every test machine can have."""
    return tier_or_skip("bubblewrap")


@pytest.fixture
def launch(tmp_path: Path) -> Callable[..., Path]:
    """Run to the end, in a new folder."""

    def start(run: Run, name: str = "run") -> Path:
        create(tmp_path / name, run)
        proceed(tmp_path / name)
        return tmp_path / name

    return start
