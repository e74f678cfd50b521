"""JSON values to typed records, by the records' own annotations.

A file may come from a stranger who made its whole chain anew: whoever reads a record needs to look at
nothing in it again. A decoder raises TypeError, ValueError or LookupError for what its annotation does not say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

Decoder = Callable[[Any], Any]

FAR = 1e100
"""The greatest number of a record that is added up: sums and squares of such stay finite."""

MEASURED = frozenset({"value", "said", "start", "reference"})
"""Numbers in a task's or a scaffold's own unit, which are never added up: they may be any."""

JOINED = frozenset({"rulings"})
"""Fields that are records of their own: no part of the JSON of the one that shows them."""


def decoder(hint: Any) -> Decoder:
    """What makes of a JSON value one of the kind that `hint` names."""
    return _decoder(hint, FAR)


@cache
def _decoder(hint: Any, most: float) -> Decoder:
    """Numbers are at most `most`."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return lambda value: value
    if hint in (float, int):
        return _number(hint, most)
    if origin in (Union, UnionType):
        return _optional(*(_decoder(each, most) for each in inner if each is not NoneType))
    if origin is tuple:
        return _sequence(inner, most)
    if origin is Mapping:
        return _mapping(_decoder(inner[1], most))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if is_dataclass(hint):
        return _record(hint, most)
    return _named_tuple(hint, most) if hasattr(hint, "_fields") else _exactly(hint)


def _exactly(kind: type) -> Decoder:
    def decode(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"{value!r:.100} is no {kind.__name__}")
        return value

    return decode


def _number(kind: type, most: float) -> Decoder:
    kinds = (int, float) if kind is float else (int,)

    def decode(value: Any) -> Any:
        if type(value) not in kinds or not -most <= value <= most or (most == math.inf and not math.isfinite(value)):
            raise TypeError(f"{value!r:.100} is no {kind.__name__}")
        return value

    return decode


def _optional(inner: Decoder) -> Decoder:
    return lambda value: None if value is None else inner(value)


def _sequence(inner: tuple[Any, ...], most: float) -> Decoder:
    of_list = _exactly(list)
    if inner[-1] is Ellipsis:
        item = _decoder(inner[0], most)
        return lambda value: tuple([item(each) for each in of_list(value)])
    items = [_decoder(each, most) for each in inner]
    return lambda value: tuple(decode(each) for decode, each in zip(items, of_list(value), strict=True))


def _mapping(item: Decoder) -> Decoder:
    of_dict = _exactly(dict)
    return lambda value: {key: item(each) for key, each in of_dict(value).items()}


def _named_tuple(kind: Any, most: float) -> Decoder:
    of_list, hints = _exactly(list), get_type_hints(kind)
    items = [_decoder(hint, _limit(name, most)) for name, hint in hints.items()]
    return lambda value: kind(*(decode(each) for decode, each in zip(items, of_list(value), strict=True)))


def _record(kind: Any, most: float) -> Decoder:
    of_dict, hints = _exactly(dict), get_type_hints(kind)
    items = {
        each.name: _decoder(hints[each.name], _limit(each.name, most))
        for each in fields(kind)
        if each.name not in JOINED
    }
    needed = frozenset(
        each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING
    )

    def decode(value: Any) -> Any:
        if not needed <= of_dict(value).keys():
            raise TypeError(f"a {kind.__name__} that lacks {sorted(needed - value.keys())}")
        return kind(**{name: items[name](each) for name, each in value.items()})

    return decode


def _limit(name: str, most: float) -> float:
    return math.inf if name in MEASURED else most
