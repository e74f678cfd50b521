"""Every attack is tried on every tier that this machine has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attacks import Arena


@pytest.fixture(
    scope="session", params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("docker", "bubblewrap")]
)
def arena(request: pytest.FixtureRequest) -> Iterator[Arena]:
    arena = Arena(request.param)
    yield arena
    arena.close()
