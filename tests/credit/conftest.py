"""One planted run for all tests of credit; each has a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from planted import planted_run
from runs import tier_or_skip

from godel.sandbox import Tier


@pytest.fixture(
    params=[pytest.param("docker", marks=pytest.mark.docker), pytest.param("bubblewrap", marks=pytest.mark.bubblewrap)]
)
def any_tier(request: pytest.FixtureRequest) -> Tier:
    """Every tier in turn."""
    return tier_or_skip(request.param)


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return planted_run(tmp_path_factory.mktemp("planted") / "run", tier_or_skip("bubblewrap"))


@pytest.fixture
def planted(original: Path, tmp_path: Path) -> Path:
    """A run of five planted self-edits, each kept."""
    return Path(shutil.copytree(original, tmp_path / "run"))
