"""What CI requires: there, a test of a sandbox tier or of the browser may not be skipped.

GODEL_REQUIRE_TIERS=docker,bubblewrap,browser names the markers. The one good reason
left for a skip is a GPU that the machine lacks.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

REQUIRED = frozenset(os.environ.get("GODEL_REQUIRE_TIERS", "").split(",")) - {""}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    markers = {marker.name for marker in item.iter_markers()}
    if report.skipped and not hasattr(report, "wasxfail") and "gpu" not in markers and REQUIRED & markers:
        report.outcome, report.longrepr = "failed", f"skipped, but required here: {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A whole module that skips itself may hide required tests: none may, where tests are required."""
    report = yield
    if report.skipped and REQUIRED:
        report.outcome, report.longrepr = "failed", f"a whole file is skipped: mark its tests. {_reason(report)}"
    return report


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
