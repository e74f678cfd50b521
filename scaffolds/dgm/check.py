"""Whether a draft holds together: it can be imported, and offers what the given program offers."""

from __future__ import annotations

import importlib
import re
import sys

from godel.contract import Program, parameters
from godel.contract.loader import ProgramFinder, module_name

VARYING = re.compile(r"(?<=0x)[0-9a-f]{6,}|(?<=\()/[^)]*(?=\))")
"""What an error may say that is not the same in every run: addresses, and paths of a machine."""


def problem(given: Program, now: Program) -> str:
    """In words, or ""."""
    expected = parameters(given)
    if expected is not None and parameters(now) != expected:
        return f"{now.entry} must still offer improve({', '.join(expected)})"
    return import_problem(now, expected is not None)


def import_problem(program: Program, scaffold: bool) -> str:
    """What goes wrong when every module of `program` is imported, apart from the modules that run now."""
    modules = [module_name(path) for path in program.files if path.endswith(".py")]
    kept = {name: sys.modules.pop(name) for name in modules if name in sys.modules}
    finder = ProgramFinder(program.files)
    sys.meta_path.insert(0, finder)
    try:
        return next(filter(None, (_imported(name, scaffold) for name in modules)), "")
    finally:
        sys.meta_path.remove(finder)
        for name in modules:
            sys.modules.pop(name, None)
        sys.modules.update(kept)


def _imported(name: str, scaffold: bool) -> str:
    """A scaffold will run where this one does; what is missing here for a task may be where that is judged."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        return told(error) if scaffold else ""
    except (Exception, SystemExit) as error:
        return told(error)
    return ""


def told(error: BaseException) -> str:
    return VARYING.sub("…", f"{type(error).__name__}: {error}")
