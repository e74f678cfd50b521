"""`--quick`: the tests that need no engine, no namespaces, no browser, no torch and no `godel` started as a
program (half a second each), as on a machine that has none.

What a test needs is said by its markers. A test without them may not use any of that, in any run:
so the markers can't fall behind the code.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

NEEDS = frozenset({"docker", "bubblewrap", "browser", "gpu", "torch", "program", "slow"})
PROGRAMS = frozenset({"bwrap", "docker", "dockerd", "chromium"})
REFUSAL = "#!/bin/sh\necho 'the quick tests use none' >&2\nexit 1\n"
ENGINE = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help=f"only tests that are not marked {', '.join(sorted(NEEDS))}")


def pytest_configure(config: pytest.Config) -> None:
    watch = Watch()
    config.pluginmanager.register(watch)
    sys.addaudithook(watch.hear)
    if config.getoption("quick"):
        os.environ |= bare(Path(tempfile.mkdtemp(prefix="godel-quick-")))


def bare(folder: Path) -> dict[str, str]:
    """The environment of a machine on which none of `PROGRAMS` works and no engine answers. Who asks for a
    tier all the same has no marker for it: that is no reason to be skipped."""
    for name in PROGRAMS:
        (folder / name).write_text(REFUSAL)
        (folder / name).chmod(0o755)
    return {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "DOCKER_HOST": f"unix://{folder}/no-engine",
        "GODEL_REQUIRE_TIERS": "docker,bubblewrap",
    }


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        for name in given(item):
            item.add_marker(name)
    if config.getoption("quick"):
        left_out = [item for item in items if needs(item)]
        items[:] = [item for item in items if not needs(item)]
        config.hook.pytest_deselected(items=left_out)


def given(item: pytest.Item) -> set[str]:
    """What a test needs that goes by what it is given: a tier by name, or the command line for its file."""
    if not isinstance(item, pytest.Function):
        return set()
    programs = [vars(sys.modules["command"])[name] for name in ("godel", "start")] if "command" in sys.modules else []
    imports = any(each is program for each in vars(item.module).values() for program in programs)
    return {"bubblewrap"} & set(item.fixturenames) | ({"program"} if imports else set())


def needs(item: pytest.Item) -> frozenset[str]:
    return NEEDS & {marker.name for marker in item.iter_markers()}


class Watch:
    """Fails a test that uses what its markers don't name. (Threads that earlier tests left may go on.)"""

    def __init__(self) -> None:
        self._watching, self._older, self._used = False, set[int](), list[str]()

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._watching and (used := forbidden(event, arguments)) and threading.get_ident() not in self._older:
            self._used.append(used)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._older = {thread.ident or 0 for thread in threading.enumerate()} - {threading.get_ident()}
        self._used, self._watching = [], not needs(item)
        try:
            return (yield)
        finally:
            self._watching = False

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        result = yield
        if self._used:
            pytest.fail(
                f"it uses {', '.join(dict.fromkeys(self._used))}: mark what it needs ({', '.join(sorted(NEEDS))})"
            )
        return result


def forbidden(event: str, arguments: tuple[Any, ...]) -> str | None:
    """What an audit event (docs.python.org/3/library/audit_events) shows to be used."""
    if event == "subprocess.Popen":
        return started(arguments[1])
    if event == "socket.connect":
        return "the engine" if arguments[1] == ENGINE else None
    return "torch" if event == "import" and arguments[0] == "torch" else None


def started(command: Any) -> str | None:
    """Which of the programs that a test must name its command starts, itself or through a shell or a wrapper."""
    words = [command] if isinstance(command, str | bytes | os.PathLike) else list(command)
    names = [os.fsdecode(word).rpartition("/")[2] for word in words]
    if names[1:3] == ["-m", "godel"]:
        return "the program"
    return next((name for name in names if name in PROGRAMS), None)
