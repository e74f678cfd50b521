"""Proves each protection of a tier by trying to break it, for real.

`table.py` lists what is tried. The attempts themselves are in `escape_probes.py` (ways out) and `resource_probes.py`
(ways to use too much), which run inside; `canaries.py` is what must not be found on the host.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from godel.sandbox import Tier

from .attempt import LIMITS, Attempt, Examination, Finding
from .canaries import Canaries, planted
from .guest_under_test import GuestUnderTest
from .table import attempts

__all__ = [
    "LIMITS",
    "Attempt",
    "Canaries",
    "Examination",
    "Finding",
    "GuestUnderTest",
    "attempts",
    "examine",
    "planted",
]


def examine(
    tier: Tier,
    report: Callable[[Finding], None] = lambda _: None,
    wanted: Callable[[Examination], bool] = lambda _: True,
) -> list[Finding]:
    """Try everything that is `wanted` on `tier`. Raises SandboxError when the tier can't start at all."""
    findings = []
    gaps = tier.unset()
    with planted() as canaries, contextlib.closing(GuestUnderTest(tier)) as guest:
        for attempt in filter(wanted, attempts(canaries)):
            finding = excused(attempt.carry_out(guest), attempt, gaps)
            findings.append(finding)
            report(finding)
    return findings


def excused(finding: Finding, attempt: Examination, gaps: tuple[str, ...]) -> Finding:
    """A tier that says it could not set a protection has not broken its word; what got through is told."""
    gap = next((gap for gap in gaps if gap.startswith(attempt.unset)), None)
    if finding.holds or gap is None:
        return finding
    return finding._replace(holds=None, detail=f"not set: {gap}; {finding.detail}")
