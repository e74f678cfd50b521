"""How the tests share one machine, when several workers run them (pytest-xdist, `--dist loadscope`).

A file's tests of one tier stay together, as they share fixtures. A test that is marked `alone` runs
while no other does: it counts or ends what is of the whole machine.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from quick import needs

SECONDS = {"slow": 10.0, "browser": 2.0, "docker": 1.5, "program": 1.0, "torch": 1.0, "bubblewrap": 0.5}
"""What a test with such a marker takes, roughly: the longest group is begun first, so that no worker is left
with one at the end."""
TIERS = ("docker", "", "bubblewrap")
"""The order in which groups are begun that are tried on one tier or on none: a fixture of the whole session is made
anew when its tier changes."""
TIER = re.compile(r"\[(?:.*-)?(docker|bubblewrap)[-\]]")
"""In the id of a test that is tried on each tier."""


class Group(NamedTuple):
    """Its tests run one after the other, on one worker."""

    path: str
    tier: str


def group(nodeid: str) -> Group:
    path, _, name = nodeid.partition("::")
    tier = TIER.search(name)
    return Group(path, tier[1] if tier else "")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """By `group`: xdist's own `loadgroup` renames tests, which pytest 9.2 does not let it, and then groups nothing."""
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class Groups(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return " ".join(group(nodeid))

    return Groups(config, log) if config.getoption("dist") == "loadscope" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tier by tier, of each the longest group first, the tests of a group in their order."""
    groups, seconds = {item: group(item.nodeid) for item in items}, defaultdict[Group, float](float)
    for item in items:
        seconds[groups[item]] += max((SECONDS.get(need, 0.0) for need in needs(item)), default=0.01)
    items.sort(key=lambda item: (TIERS.index(groups[item].tier), -seconds[groups[item]], groups[item]))


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
