"""Named sets of tasks: `suites.toml`, read once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from . import TaskError
from .tables import read_table

FILE = Path(__file__).parent / "suites.toml"
RESERVED = ":reserved"
"""How the name of a suite ends whose tasks are kept for transfer."""


@lru_cache
def suites(file: Path = FILE) -> Mapping[str, tuple[str, ...]]:
    """The tasks of each, by name. Raises TaskError."""
    try:
        table = read_table(file)
    except (OSError, ValueError) as error:
        raise TaskError(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    for name, tasks in table.items():
        if not isinstance(tasks, list) or not tasks or not all(isinstance(task, str) and task for task in tasks):
            raise TaskError(f'{file}: {name}: expected a list of tasks, such as ["maxcut"]; given: {tasks!r:.80}')
    found = {name: tuple(tasks) for name, tasks in table.items()}
    reserved = {task for name, tasks in found.items() if name.endswith(RESERVED) for task in tasks}
    for name, tasks in found.items():
        if not name.endswith(RESERVED) and (both := sorted(reserved.intersection(tasks))):
            raise TaskError(f"{file}: {name}: reserved for transfer: {', '.join(both)}; expected other tasks")
    return found


def to_search() -> list[str]:
    """The names of the suites that a run may search on. Raises TaskError."""
    return [name for name in suites() if not name.endswith(RESERVED)]
