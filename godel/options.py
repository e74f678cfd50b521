"""The options of a policy: the fields of its dataclass, checked as the rest of a configuration is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import Any, get_type_hints

from pydantic import PydanticSchemaGenerationError, TypeAdapter, ValidationError

from godel.tasks.ranges import range_in, shown

from .errors import ConfigError, UnknownName
from .explained import explained


@dataclass(frozen=True)
class Option:
    """`default` is None where there is none, and one has to be given; `allowed`: of a number, which are."""

    name: str
    default: Any
    meaning: str
    allowed: str | None = None


def options_of(policy: type, name: str) -> Iterator[Option]:
    """Raises ConfigError for a class whose annotations can't be read."""
    hints = _hints(policy, name)
    for each in _fields(policy):
        allowed = range_in(hints[each.name])
        yield Option(each.name, _default(each), each.metadata.get("help", ""), str(allowed) if allowed else None)


def constructed(policy: type, given: Mapping[str, Any], what: str, key: str) -> Any:
    """A `policy` with the options that are `given`. Raises UnknownName (an option that it has not) and ConfigError,
    both in the words of a configuration; `what` names it there, and its options lie below `key`."""
    known = {each.name: each for each in _fields(policy)}
    for name in given:
        if name not in known:
            raise (UnknownName(f"option of {what}", name, known) if known else _none(what, given))
    if missing := [name for name, each in known.items() if name not in given and _default(each) is None]:
        raise ConfigError(f"{key}.{missing[0]}: missing; {what} needs it")
    hints = _hints(policy, what)
    values = {name: _checked(hints[name], value, f"{key}.{name}") for name, value in given.items()}
    try:
        return policy(**values)
    except (TypeError, ValueError) as error:  # its own check of what it was given
        raise ConfigError(f"{key}: {what}: {error}") from error


def _none(what: str, given: Mapping[str, Any]) -> ConfigError:
    return ConfigError(f"{what} has no options; given: {', '.join(given)}")


def _fields(policy: type) -> list[Field[Any]]:
    return [each for each in fields(policy) if each.init] if is_dataclass(policy) else []


def _default(each: Field[Any]) -> Any:
    if each.default_factory is not MISSING:
        return each.default_factory()
    return None if each.default is MISSING else each.default


def _hints(policy: type, name: str) -> dict[str, Any]:
    try:
        return get_type_hints(policy, include_extras=True)
    except NameError as error:
        raise ConfigError(f"{name}: the types of its options can't be read: {error}") from error


def _checked(kind: Any, value: Any, key: str) -> Any:
    """`value`, which came from TOML or JSON, as a `kind`: a list may become a tuple, but no text a number."""
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):  # a date; a number that is none
        raise ConfigError(
            f"{key}: expected text, finite numbers, true or false, or lists of them; given: {value!r}"
        ) from None
    try:
        return TypeAdapter(kind).validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        loc = (*key.split("."), *first["loc"])
        raise ConfigError(explained({**first, "loc": loc, "input": value}, {})) from None
    except PydanticSchemaGenerationError:
        raise ConfigError(f"{key}: an option of type {shown(kind)} can't be set") from None
