"""Code that did not come with the laboratory: when it fails, it fails by its own name.

A policy, an executor, an exporter or a tier may come from anybody. Whatever it raises, and whatever it answers that
it may not, becomes one error that names it, says where in its source that was, and whose fault it is.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

from .errors import OutsideFailed

TOLD = 300
"""Characters of what was raised, or answered, that are shown."""
Passing = tuple[type[BaseException], ...]
OURS = "godel"
FAULT = "that is its own fault, and not the laboratory's: mend it, or choose another"


class WrongAnswer(Exception):
    """Raised within `outside` for an answer that is none; `expected` says what would have been one."""

    def __init__(self, answer: object, expected: str) -> None:
        super().__init__(f"answered {cut(repr(answer))}; expected {expected}")


@contextmanager
def outside(what: Callable[[], str], thing: object, passing: Passing = ()) -> Iterator[None]:
    """Around each use of `thing`, a class, a function or an object that `what()` names in a message. Raises
    OutsideFailed for whatever is raised within, but for Ctrl-C and for `passing`: failures of ours that its work may
    bring about. What comes with the laboratory fails as the rest of it does."""
    try:
        yield
    except BaseException as error:  # SystemExit too: it must not end the laboratory
        ours = _root(_definition(thing).__module__) == OURS
        if ours or isinstance(error, (KeyboardInterrupt, OutsideFailed, *passing)):
            raise
        did = str(error) if isinstance(error, WrongAnswer) else f"raised {summary(error)}"
        raise OutsideFailed(f"{what()} {did} ({place(error, thing)}); {FAULT}") from error


def text(answer: object, expected: str, most: int) -> str:
    """`answer`, cut to `most` characters. Raises WrongAnswer for what is no text."""
    if not isinstance(answer, str):
        raise WrongAnswer(answer, expected)
    return str(answer)[:most]


def summary(error: BaseException) -> str:
    """What was raised, in a line: "ValueError: no such thing"."""
    return cut("".join(traceback.format_exception_only(error)))


def unimportable(error: BaseException) -> str:
    """Why a module can't be imported: what was raised, and at which line of it."""
    lines = [each for each in traceback.walk_tb(error.__traceback__) if not _machinery(each[0].f_globals)]
    return summary(error) + (f" ({_shown(*lines[-1])})" if lines else "")


def place(error: BaseException, thing: object) -> str:
    """Where in the source of `thing` that was: its own last line that was run, else where it is defined."""
    own = _definition(thing)
    if isinstance(error, WrongAnswer):
        return defined(own)
    lines = traceback.walk_tb(error.__traceback__)
    its_own = [each for each in lines if _root(each[0].f_globals.get("__name__")) == _root(own.__module__)]
    return _shown(*its_own[-1]) if its_own else defined(own)


def defined(own: Any) -> str:
    """Where a class or a function is defined."""
    try:
        return f"{inspect.getsourcefile(own)}:{inspect.getsourcelines(own)[1]}"
    except (OSError, TypeError):  # no source: an extension module
        return str(own.__module__)


def _shown(frame: FrameType, line: int) -> str:
    return f"{frame.f_code.co_filename}:{line} in {frame.f_code.co_name}".removesuffix(" in <module>")


def _machinery(names: Mapping[str, object]) -> bool:
    """Whether a frame with these global names is the laboratory's, or Python's own on the way to an import."""
    return _root(names.get("__name__")) in (OURS, "importlib", "pkgutil")


def cut(shown: str) -> str:
    line = " ".join(shown.split())
    return line if len(line) <= TOLD else line[: TOLD - 1] + "…"


def _definition(thing: object) -> Any:
    """The class or function that `thing` is, or is one of."""
    return thing if inspect.isclass(thing) or inspect.isroutine(thing) else type(thing)


def _root(module: object) -> str:
    return str(module).partition(".")[0]
