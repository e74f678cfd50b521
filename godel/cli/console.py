"""Where output goes: results to stdout, progress and problems to stderr, JSON to stdout alone."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from godel.contract.characters import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PIPE_WIDTH = 200
"""Columns where there is no terminal to say how many it has."""


@cache
def out() -> Console:
    return _console(sys.stdout.isatty(), stderr=False)


@cache
def err() -> Console:
    return _console(sys.stderr.isatty(), stderr=True)


def _console(terminal: bool, stderr: bool) -> Console:
    from rich.console import Console

    width = None if terminal or os.environ.get("COLUMNS") else PIPE_WIDTH
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=width)


def say(line: str, quiet: bool = False) -> None:
    """One line of progress."""
    if not quiet:
        err().print(printable(line), style="dim", overflow="fold")


def print_lines(text: str) -> None:
    """`text` to stdout; in a terminal every line is cut to its width."""
    if sys.stdout.isatty():
        width = out().width
        lines = text.removesuffix("\n").split("\n")
        text = "".join(f"{line if len(line) <= width else line[: width - 1] + '…'}\n" for line in lines)
    sys.stdout.write(text)


@contextmanager
def sign_of_life(what: str, quiet: bool) -> Iterator[Callable[[str], None]]:
    """In a terminal one line that moves while the block runs and shows the latest that it is
    told; elsewhere a line for each."""
    if quiet:
        yield lambda _: None
    elif err().is_terminal:
        with err().status(what, spinner="line") as status:
            yield lambda line: status.update(printable(" ".join(line.split()))[: err().width - 4])
    else:
        say(what)
        yield say


def table(*columns: str, right: Sequence[str] = (), wide: str = "", title: str = "", gap: int = 2) -> Table:
    """A table without rules. Those named in `right` hold numbers; `wide` takes what room is left;
    `gap` columns lie between two."""
    from rich.table import Table

    made = Table(
        box=None,
        header_style="bold",
        pad_edge=False,
        title=title or None,
        title_justify="left",
        title_style="bold",
        padding=(0, gap, 0, 0),
    )
    for name in columns:
        free = name == wide
        made.add_column(
            name,
            justify="right" if name in right else "left",
            no_wrap=not free,
            overflow="fold" if free else "ellipsis",
        )
    return made


def write_file(path: Path, text: Iterable[str]) -> None:
    """`text`, in as many pieces as it comes, as the file at `path`, whole or not at all: a file that was there stays
    until then. Raises OSError, naming `path`."""
    final = path.resolve()
    draft = final.with_name(f".{final.name}.{os.getpid()}")
    try:
        if path.exists() and not path.is_file():  # a terminal, a pipe: nothing can take its place
            _write(path, text)
            return
        _write(draft, text)
        draft.replace(final)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        draft.unlink(missing_ok=True)


def _write(path: Path, text: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(text)


def print_file(text: Iterable[str]) -> None:
    """`text` to stdout as the bytes that it would have in a file, whatever encoding a terminal has."""
    sys.stdout.flush()
    for piece in text:
        sys.stdout.buffer.write(piece.encode("utf-8", "backslashreplace"))


def print_json(value: Any) -> None:
    """`value` as JSON, and nothing else, on stdout."""
    # ASCII: what a scaffold wrote may hold half a surrogate pair, which no encoding takes.
    sys.stdout.write(json.dumps(jsonable(value), indent=2) + "\n")


def jsonable(value: Any) -> Any:
    """Records become objects, numbers that JSON lacks become null."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in fields(value)}
    if hasattr(value, "_asdict"):
        return jsonable(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): jsonable(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value) if isinstance(value, Path) else value
