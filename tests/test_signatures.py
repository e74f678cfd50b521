"""No function takes more than six things. The command line is apart: see docs/decisions.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from imports import ROOT, files, known_to_git

MOST = 6
COMMANDS = {
    "godel/cli/credit.py:credit",
    "godel/cli/imp.py:imp",
    "godel/cli/launch.py:launch",
    "godel/cli/launch.py:resume",
    "godel/cli/model.py:serve",
    "godel/cli/replay.py:replay",
    "godel/cli/report.py:report",
    "godel/cli/tasks.py:run",
}
"""Each option of a command is a parameter of its function: typer knows no other way to declare one."""

ORDERS = {f"tasks/micro_order/{which}/main.py:order" for which in ("initial", "reference")}
"""Sequences to be read, written as a function; nobody calls it."""


def wide(path: str) -> Iterator[str]:
    """The functions of a file that take more, but for `self` or `cls`."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            given = node.args
            names = [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
            count = len(names) - (names[:1] in (["self"], ["cls"])) + bool(given.vararg) + bool(given.kwarg)
            if count > MOST:
                yield f"{path}:{getattr(node, 'name', 'lambda')}"


def test_no_function_takes_more_than_six_things() -> None:
    paths = [*files(), *(each for each in known_to_git("benchmarks", "scripts") if each.endswith(".py"))]
    assert {found for path in paths for found in wide(path)} == COMMANDS | ORDERS


def test_what_takes_more_is_found(tmp_path: Path) -> None:
    file = tmp_path / "wide.py"
    file.write_text("def many(a, b, c, /, d, *e, f, **g): ...\nclass A:\n    def few(self, a, b, c, d, e, f): ...\n")
    assert [found.rpartition(":")[2] for found in wide(str(file))] == ["many"]
