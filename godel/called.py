"""The program as its user called it: for lines that can be pasted into the same shell."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path


def command(*arguments: str | Path) -> str:
    """A command line of this program with these arguments, each quoted where a shell needs it."""
    return shlex.join([*_program(), *map(_argument, arguments)])


def _program() -> list[str]:
    """ "godel" where a shell finds this one by that name, else the path by which it was called."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py" and called.parent.name == "godel":
        return [sys.executable, "-m", "godel"]
    if called.name != "godel" or not called.is_file():  # a library of somebody's program
        return ["godel"]
    on_path = shutil.which("godel")
    return ["godel"] if on_path and called.samefile(on_path) else [sys.argv[0]]


def _argument(word: str | Path) -> str:
    """A folder is never taken for an option."""
    return f"./{word}" if isinstance(word, Path) and str(word).startswith("-") else str(word)
