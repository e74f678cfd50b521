"""A run ends with the same archive however busy the machine is (timed tasks apart)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from busy import busy
from runs import archive, small_run

from godel.sandbox import Tier


@pytest.mark.slow
def test_beside_eight_busy_processes_a_run_ends_with_the_same_archive(
    any_tier: Tier, launch: Callable[..., Path]
) -> None:
    """None of its programs comes near its limit of CPU seconds, which a busy machine may well move a little."""
    run = small_run(any_tier, generations=3)
    undisturbed = archive(launch(run, "undisturbed"))
    with busy(8):
        disturbed = archive(launch(run, "disturbed"))
    assert disturbed == undisturbed
