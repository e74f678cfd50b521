"""Named sets of tasks: `suites.toml`, read once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from . import TaskError
from .tables import read_table

FILE = Path(__file__).parent / "suites.toml"


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
    return {name: tuple(tasks) for name, tasks in table.items()}
