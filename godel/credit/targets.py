"""On which tasks scaffolds are measured. Those reserved for transfer are welcome here: nothing is chosen by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from godel import tasks
from godel.errors import UnknownName, UsageError
from godel.loop.preflight import check_tasks
from godel.tasks import Task, TaskError
from godel.tasks.suites import suites

SUITE = "suite:"


def targets(given: Iterable[str], presets: Mapping[str, str]) -> dict[str, Task]:
    """By name, the tasks that `given` names: suites, tasks or folders. Raises UnknownName, TaskError, and UsageError
    for two of one name."""
    loaded: dict[str, Task] = {}
    for name in dict.fromkeys(name for each in given for name in _members(each)):
        task = tasks.load(name, presets.get(Path(name).name))
        if task.name in loaded:
            raise UsageError(f"--on: two tasks are called {task.name}: measure on one of them at a time")
        loaded[task.name] = task
    check_tasks(loaded.values())
    return loaded


def _members(given: str) -> Iterator[str]:
    """The tasks of a suite, or the one that is named."""
    name = given.removeprefix(SUITE)
    if name in suites():
        yield from suites()[name]
        return
    try:
        tasks.find(given)
    except TaskError:
        raise UnknownName("task or suite", given, {*suites(), *tasks.names(), *tasks.from_packages()}) from None
    yield given
