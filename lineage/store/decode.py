"""JSON to typed records, by the records' own annotations: msgspec decodes, and nothing gets by that they don't say.

A file may come from a stranger who made its whole chain anew: whoever reads a record needs to look at
nothing in it again. So each is checked twice in one go: against its strict form (no unknown field, numbers that
can be added up), and as the record itself. All decoders raise ValueError (msgspec's are), TypeError or RecursionError.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

FAR = 1e100
"""The greatest number of a record that is added up: sums and squares of such stay finite."""

MEASURED = frozenset({"value", "claimed", "start", "reference"})
"""Numbers in a task's or a scaffold's own unit, which are never added up: they may be any."""

JOINED = frozenset({"rulings"})
"""Fields that are records of their own: no part of the JSON of the one that shows them."""

WHOLE = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
NUMBER = Annotated[float, msgspec.Meta(ge=-FAR, le=FAR)]
FINITE = Annotated[float, msgspec.Meta(ge=-sys.float_info.max, le=sys.float_info.max)]


@cache
def decoder(kind: Any) -> Callable[[Any], Any]:
    """What makes of a JSON value (dict, list, text, number) one of the kind."""
    strict = _strict(kind)

    def decode(value: Any) -> Any:
        msgspec.convert(value, strict)
        return msgspec.convert(value, kind)

    return decode


@cache
def text_decoder(kind: Any, *beside: str) -> Callable[[str], Any]:
    """What makes of JSON text one of the kind. `beside`: texts that are stored with it and are no part of it."""
    check, decode = _read(_strict(kind, beside=beside)), _read(kind)

    def read(text: str) -> Any:
        check(text)
        return decode(text)

    return read


@cache
def part_decoder(kind: Any) -> Callable[[str], Any]:
    """What makes of JSON text a record that has some of its fields, and passes over the others."""
    return _read(kind)


def _read(kind: Any) -> Callable[[str], Any]:
    decode = msgspec.json.Decoder(kind).decode

    def read(text: str) -> Any:
        try:
            return decode(text)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:  # half a surrogate pair, which a scaffold may write, is no Unicode to msgspec
            return msgspec.convert(json.loads(text), kind)

    return read


def _strict(hint: Any, name: str = "", beside: tuple[str, ...] = ()) -> Any:
    """The annotation of a field, as narrow as it has to be."""
    inner = get_args(hint)
    if hint is int:
        return WHOLE
    if hint is float:
        return FINITE if name in MEASURED else NUMBER
    if get_origin(hint) in (Union, UnionType):
        return Union[tuple(_strict(each, name) for each in inner)]  # noqa: UP007 (of a tuple that is made here)
    if get_origin(hint) is tuple:
        return _tuple(each if each is Ellipsis else _strict(each, name) for each in inner)
    if hasattr(hint, "_fields"):
        return _tuple(_strict(each, field) for field, each in get_type_hints(hint).items())
    return _struct(hint, beside) if is_dataclass(hint) else hint


def _tuple(items: Iterable[Any]) -> Any:
    return tuple[tuple(items)]  # type: ignore[misc]


def _struct(kind: Any, beside: tuple[str, ...]) -> Any:
    """A type with the record's own fields and no other."""
    hints = get_type_hints(kind)
    own = [
        (each.name, _strict(hints[each.name], each.name), *_default(each))
        for each in fields(kind)
        if each.name not in JOINED
    ]
    more = [(name, str, "") for name in beside]
    return msgspec.defstruct(kind.__name__, [*own, *more], forbid_unknown_fields=True, kw_only=True)


def _default(field: Field[Any]) -> tuple[Any, ...]:
    """Nothing for a field that has to be there."""
    needed = field.default is MISSING and field.default_factory is MISSING
    return () if needed else (None,)
