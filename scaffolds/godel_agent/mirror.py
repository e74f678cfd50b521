"""The agent's own source: as it was loaded, as a part of what it may edit, and back into the running modules.

Pointed at itself, the program is that source. Pointed at a task, its source stands beside the task's
program, below `self/`.
"""

from __future__ import annotations

import linecache
import sys
from dataclasses import replace
from importlib.abc import InspectLoader
from types import ModuleType
from typing import cast

from godel.contract import Program

SELF = "self/"


def running() -> dict[str, ModuleType]:
    """This scaffold's modules, by the paths that they were loaded from."""
    loader = sys.modules[__name__].__loader__
    specs = {name: getattr(module, "__spec__", None) for name, module in sorted(sys.modules.items())}
    return {str(spec.origin): sys.modules[name] for name, spec in specs.items() if spec and spec.loader is loader}


def loaded() -> dict[str, str]:
    """The source of this scaffold when it was loaded."""
    modules = running().items()
    return {path: cast(InspectLoader, module.__loader__).get_source(module.__name__) or "" for path, module in modules}


def is_self(program: Program) -> bool:
    return all(program.files.get(path) == text for path, text in loaded().items())


def joined(program: Program) -> Program:
    """All that may be edited: `program`, and the agent's own source if that is not the same."""
    if is_self(program):
        return program
    return replace(program, files={**program.files, **{SELF + path: text for path, text in loaded().items()}})


def candidate(tree: Program) -> Program:
    """A tree without the agent's own source beside it."""
    files = {path: text for path, text in tree.files.items() if not path.startswith(SELF)}
    return replace(tree, files=files, edits=tuple(edit for edit in tree.edits if not edit.target.startswith(SELF)))


def with_own(tree: Program, other: Program) -> Program:
    """`tree` with the agent's own source as in `other`."""
    own = {path: text for path, text in other.files.items() if path.startswith(SELF)}
    return replace(tree, files={**tree.files, **own}) if own else other


def become(before: Program, after: Program) -> None:
    """Run on as in `after`. Raises whatever a module's new text does; then nothing has changed."""
    below = SELF if any(path.startswith(SELF) for path in after.files) else ""
    changed = {
        path: module for path, module in running().items() if after.files[below + path] != before.files[below + path]
    }
    kept = {path: dict(vars(module)) for path, module in changed.items()}
    try:
        for path, module in changed.items():
            _load(module, after.files[below + path], f"program/{path}")
    except BaseException:
        for path, module in changed.items():
            vars(module).clear()
            vars(module).update(kept[path])
        raise


def _load(module: ModuleType, text: str, name: str) -> None:
    """Into the same namespace, so that whoever looks a function up finds the new one."""
    names = vars(module)
    for old in [each for each in names if not each.startswith("__")]:
        del names[old]
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    exec(compile(text, name, "exec", dont_inherit=True), names)
