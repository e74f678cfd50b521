"""How the tests share one machine, when several workers run them (pytest-xdist, `--dist loadgroup`).

A file's tests of one tier stay together, as they share fixtures. A test that is marked `alone` runs
while no other does: it counts or ends what is of the whole machine.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from quick import needs

FIRST = ("slow", "docker", "bubblewrap", "browser", "")
"""The order in which groups are begun: long ones first, so that no worker is left with one at the end."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        tier = next((name for name in ("docker", "bubblewrap") if name in needs(item)), "")
        item.add_marker(pytest.mark.xdist_group(f"{item.path.stem}-{tier}" if tier else item.path.stem))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    run = getattr(item.config, "workerinput", {}).get("testrunuid")
    if run is None:  # no other worker
        return (yield)
    with share(Path(tempfile.gettempdir(), f"godel-tests-{run}"), alone=item.get_closest_marker("alone") is not None):
        return (yield)


@contextlib.contextmanager
def share(name: Path, alone: bool) -> Iterator[None]:
    """Hold the machine, with others or alone. Who waits to be alone is the next: newcomers queue behind."""
    with held(name.with_suffix(".queue"), fcntl.LOCK_EX):
        machine = held(name.with_suffix(".machine"), fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        machine.__enter__()
    try:
        yield
    finally:
        machine.__exit__(None, None, None)


@contextlib.contextmanager
def held(file: Path, how: int) -> Iterator[None]:
    """A lock that ends with the worker, however it ends."""
    descriptor = os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
