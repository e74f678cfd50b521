"""What can be seen to be wrong with a task before anything runs: a source that does not
parse, an import that no sandbox can do. Found later it would look like a sandbox that fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.machinery import PathFinder
from importlib.util import find_spec

from godel.syntax import syntax_error
from godel.tasks import Task, TaskError


def check_tasks(tasks: Iterable[Task]) -> None:
    """Raises TaskError with file, what is wrong with it and what to do."""
    for task in tasks:
        for path, text in _sources(task):
            if problem := syntax_error(text):
                raise TaskError(f"{task.name}/{path}: {problem}; expected a Python file")
        for module in task.preload:
            if not _here(module):
                raise TaskError(
                    f"{task.name}/task.toml: preload: no module {module!r} on this machine, "
                    "whose packages a sandbox has: install it, or mend the key"
                )


def _sources(task: Task) -> Iterator[tuple[str, str]]:
    yield from task.judge_files.items()
    yield "driver.py", task.driver
    yield from ((f"initial/{path}", text) for path, text in task.initial.files.items())
    yield from ((f"reference/{path}", text) for path, text in task.reference.files.items())


def _here(module: str) -> bool:
    """Whether it is installed. Nothing is imported to find out, not even the packages above it."""
    package, *inner = module.split(".")
    try:
        spec = find_spec(package) if package else None
        for depth in range(len(inner)):
            if spec is None or spec.submodule_search_locations is None:  # what a plain module makes up is its own
                break
            name = ".".join([package, *inner[: depth + 1]])
            spec = PathFinder.find_spec(name, spec.submodule_search_locations)
    except ValueError:  # "", or a module that hides where it came from
        return False
    return spec is not None
