"""What somebody's program gives to the front door: checked there, so that what is wrong with it is one line."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from godel.tasks.ranges import shown

from .errors import ConfigError

Kind = TypeVar("Kind")
Choice = TypeVar("Choice", bound=StrEnum)


def path(name: str, given: object) -> Path:
    """Raises ConfigError, as all of these do."""
    if not isinstance(given, str | Path) or not str(given) or "\0" in str(given):
        raise wrong(name, given, "a path, as text or a Path")
    return Path(given)


def text(name: str, given: object) -> str:
    return instance(name, given, str, "text")


def texts(name: str, given: object) -> tuple[str, ...]:
    """One text, or several."""
    if not isinstance(given, Iterable) or isinstance(given, bytes):
        raise wrong(name, given, "a text, or several")
    return (given,) if isinstance(given, str) else tuple(text(name, each) for each in given)


def choice(name: str, given: object, choices: type[Choice]) -> Choice:
    if not isinstance(given, str) or given not in list(choices):
        raise wrong(name, given, " or ".join(choices))
    return choices(given)


def instance(name: str, given: object, kind: type[Kind], expected: str) -> Kind:
    if not isinstance(given, kind):
        raise wrong(name, given, expected)
    return given


def wrong(name: str, given: object, expected: str) -> ConfigError:
    return ConfigError(f"{name}: expected {expected}; given: {shown(given)}")
