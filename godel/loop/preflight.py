"""What can be seen to be wrong with a task before anything runs: a source that does not
parse, an import that no sandbox can do. Found later it would look like a sandbox that fails."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from godel.contract.syntax import syntax_error
from godel.sandbox import Tier
from godel.sandbox.packages import lacking
from godel.tasks import Task, TaskError


def check_tasks(tasks: Iterable[Task]) -> None:
    """Raises TaskError with file, what is wrong with it and what to do."""
    for task in tasks:
        for path, text in _sources(task):
            if problem := syntax_error(text):
                raise TaskError(f"{task.name}/{path}: {problem}; expected a Python file")


def check_packages(tasks: Iterable[Task], tier: Tier) -> None:
    """Raises TaskError for a task that asks for a module that no guest of `tier` has: to be imported beforehand,
    or by the first statements of one of its files, which `check_tasks` has seen to parse."""
    for task in tasks:
        for module in task.preload:
            if why := lacking(module, tier):
                raise TaskError(f"{task.name}/task.toml: preload: {why}")
        for path, text in _sources(task):
            for module in _imported(text):
                if module.partition(".")[0] not in _beside(path, task) and (why := lacking(module, tier)):
                    raise TaskError(f"{task.name}/{path}: {why}")


def _sources(task: Task) -> Iterator[tuple[str, str]]:
    for folder, files in _folders(task).items():
        yield from ((f"{folder}{path}", text) for path, text in files.items())


def _folders(task: Task) -> Mapping[str, Mapping[str, str]]:
    """By where they lie, the files that are run together."""
    return {
        "": {**task.judge_files, "driver.py": task.driver},
        "initial/": task.initial.files,
        "reference/": task.reference.files,
    }


def _beside(path: str, task: Task) -> set[str]:
    """The modules that lie beside the file `path`."""
    folders = _folders(task)
    files = folders.get(f"{path.partition('/')[0]}/", folders[""])  # else a judge's, which may lie deeper
    return {name.partition("/")[0].removesuffix(".py") for name in files}


def _imported(text: str) -> Iterator[str]:
    """The modules that a file imports unconditionally, as soon as it is run itself."""
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            yield statement.module
