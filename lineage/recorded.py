"""What is read from a run's file is what was recorded; or StoreDamaged says what is not.

The one place where stored text and bytes become records again. Events are held against
their own hashes, generations against the manifests of their events, blobs against their
keys. Evaluations are many, and only decoded: `verify` holds each of them against its digest.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import is_dataclass
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from . import Event, Generation, Tree, codec
from .errors import StoreDamaged

WRONG = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What decoding raises for anything of another shape than what was recorded."""

FAR = 1e100
"""The greatest number of a record that is added up: sums and squares of such stay finite."""

MEASURED = frozenset({"value", "said", "start", "reference"})
"""Numbers in a task's or a scaffold's own unit, which are never added up: they may be any."""

MOST_BYTES = 1 << 28
"""Of one blob, unpacked: more than the messages of any generation, less than what a few bytes may swell to."""

EventRow = tuple[int, float, str, str, str, str, str]
"""The columns of an event, in the order of `Event`, body and manifest as text."""

GenerationRow = tuple[int, str, str | None]
"""A generation's event, that event's manifest, and the row itself: None when there is none."""


@contextmanager
def intact(path: Path, what: str) -> Iterator[None]:
    """Raises StoreDamaged, naming `what`, when the block fails to decode it."""
    try:
        yield
    except WRONG as error:
        raise damaged(path, f"{what} is not what was recorded") from error


def damaged(path: Path, what: str) -> StoreDamaged:
    return StoreDamaged(f"{path} is damaged ({what}): restore it from a copy")


def records(path: Path, table: str, rows: Iterable[tuple[int, str]]) -> list[Any]:
    """Those that rows (id, body) of `table` stand for."""
    return [record(path, table, f"row {number} of {table}", text) for number, text in rows]


def check(table: str, text: str) -> None:
    """Raises ValueError for a row that could not be read again: such a one is never written."""
    try:
        record(Path(), table, "the record", text)
    except StoreDamaged as error:
        raise ValueError(f"{table}: a record that could not be read again: {text[:200]}") from error


def record(path: Path, table: str, what: str, text: str) -> Any:
    with intact(path, what):
        found = codec.load(table, text)
        require(found, type(found))
        return found


def require(value: Any, hint: Any, most: float = FAR) -> None:
    """Raises TypeError where `value`, or something in it, is not what the annotation `hint` says, or is a number
    beyond `most`: whoever reads a record then needs to look at nothing again."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        right = any(_fits(value, each, most) for each in inner)
    elif origin is tuple:  # of as many as there are, all of one kind
        right = type(value) is tuple
        for each in value if right else ():
            require(each, inner[0], most)
    elif hint is float:
        right = type(value) in (int, float) and math.isfinite(value) and abs(value) <= most
    else:
        right = hint is Any or type(value) is (dict if origin is Mapping else hint)
        for name, kind in _fields(hint) if right else ():
            require(getattr(value, name), kind, math.inf if name in MEASURED else most)
    if not right:
        raise TypeError(f"{value!r:.100} is no {hint}")


def _fits(value: Any, hint: Any, most: float) -> bool:
    try:
        require(value, hint, most)
        return True
    except TypeError:
        return False


@cache
def _fields(kind: Hashable) -> tuple[tuple[str, Any], ...]:
    """The fields of a record, or of a part of one, with their annotations; none of a plain value."""
    whole = isinstance(kind, type) and (is_dataclass(kind) or hasattr(kind, "_fields"))
    return tuple(get_type_hints(kind).items()) if whole else ()


def generations(path: Path, rows: Sequence[GenerationRow], start: int) -> list[Generation]:
    """Every event of that kind recorded one, in order: none is missing, none is another."""
    found = []
    for number, (event, manifest, body) in enumerate(rows, start):
        what = f"generation {number} (event {event})"
        if body is None:
            raise damaged(path, f"{what} is missing")
        with intact(path, what):
            if json.loads(manifest)["generations"] != [codec.digest(body)]:
                raise ValueError(body)
        made: Generation = record(path, "generations", what, body)
        if made.index != number:
            raise damaged(path, f"{what} has number {made.index}")
        found.append(made)
    return found


def events(path: Path, rows: Sequence[EventRow], after: int) -> list[Event]:
    """A stretch of the chain: none is missing, each as its hash says."""
    found: list[Event] = []
    for number, (seq, at, kind, body, manifest, previous, link) in enumerate(rows, after + 1):
        if seq != number:
            raise damaged(path, f"event {number} is missing")
        with intact(path, f"event {seq} ({kind})"):
            unbroken = not found or previous == found[-1].hash
            if not unbroken or link != codec.link(seq, at, kind, body, manifest, previous):
                raise ValueError(link)
            found.append(Event(seq, at, kind, _table(body), _table(manifest), previous, link))
    return found


def _table(text: str) -> dict[str, Any]:
    """A JSON object. Raises ValueError for any other value."""
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError(text)
    return found


def blob(path: Path, key: str, data: bytes | None) -> bytes:
    """The bytes that hash to `key`, unpacked. None: there is no such row."""
    if data is None:
        raise damaged(path, f"blob {key[:12]} is missing")
    plain = unpacked(key, data)
    if plain is None:
        raise damaged(path, f"blob {key[:12]} is not what was recorded")
    return plain


def unpacked(key: str, data: Any) -> bytes | None:
    """None for what does not hash to `key`, or would take up more than MOST_BYTES."""
    try:
        stream = zlib.decompressobj()
        plain = stream.decompress(data, MOST_BYTES)
    except (zlib.error, TypeError):
        return None
    return plain if not stream.unconsumed_tail and codec.digest(plain) == key else None


def tree(path: Path, key: str, data: bytes) -> Tree:
    """The source that a blob holds."""
    with intact(path, f"the source {key[:12]}"):
        found = codec.tree_from_bytes(data)
        if not all(isinstance(text, str) for text in (found.entry, *found.files, *found.files.values())):
            raise TypeError(key)
        return found
