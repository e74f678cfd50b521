"""What is read from a run's file is what was recorded; or StoreDamaged says what is not.

The one place where stored text and bytes become records again. Events are held against
their own hashes, generations against the manifests of their events, blobs against their
keys. Evaluations are many, and only decoded: `verify` holds each of them against its digest.
"""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from godel.contract import Program
from godel.contract.limits import PROGRAM_BYTES

from .. import RULED, Brief, Event, Generation, Ruling, Split, Step, Trial
from ..errors import StoreDamaged
from ..records.spend import amounts
from ..records.step import BriefRuling
from . import codec
from .decode import FAR, part_decoder

WRONG = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What decoding raises for anything of another shape than what was recorded."""

MOST_BYTES = 1 << 28
"""Of one blob, unpacked: more than the messages of any generation, less than what a few bytes may swell to."""

MOST_PROGRAM = 8 * PROGRAM_BYTES
"""Of a program as JSON, where a byte of it takes up six at most."""

EventRow = tuple[int, float, str, str, str, str, str]
"""The columns of an event, in the order of `Event`, body and manifest as text."""

Row = tuple[int, str]
"""A record's row, and its text."""

ScoreRow = tuple[int, int, str]
"""The event with which an evaluation was recorded, its row, and its text."""

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


def check_event(kind: str, body: str) -> None:
    """Raises ValueError for one whose kind and body could not be read again."""
    try:
        codec.happening(kind, body)
    except WRONG as error:
        raise ValueError(f"an event that could not be read again: {kind} {body[:200]}") from error


def record(path: Path, table: str, what: str, text: str) -> Any:
    with intact(path, what):
        return codec.load(table, text)


def generations(path: Path, rows: Sequence[GenerationRow], start: int) -> list[Generation]:
    """Every event of that kind recorded one, in order: none is missing, none is another."""
    checked = []
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
        checked.append(made)
    return checked


def briefs(path: Path, rows: Iterable[tuple[str]], rulings: Mapping[int, Sequence[BriefRuling]]) -> list[Step]:
    """Of a file that is as it was recorded."""
    steps: list[Step] = []
    read = part_decoder(Brief)
    try:
        for (body,) in rows:
            each: Brief = read(body)
            if each.index != len(steps) or not max(map(abs, amounts(each.spend))) <= FAR:
                raise ValueError(body)
            each.rulings = tuple(rulings.get(each.index, ()))
            steps.append(each)
    except WRONG as error:
        raise damaged(path, f"generation {len(steps)} is not what was recorded") from error
    return steps


def brief_rulings(path: Path, rows: Iterable[Row]) -> dict[int, list[BriefRuling]]:
    """By the generation that they are on."""
    by_generation: dict[int, list[BriefRuling]] = defaultdict(list)
    read, row = part_decoder(BriefRuling), 0
    try:
        for row, body in rows:  # noqa: B007 (named where it fails)
            each: BriefRuling = read(body)
            by_generation[each.generation].append(each)
    except WRONG as error:
        raise damaged(path, f"row {row} of rulings is not what was recorded") from error
    return by_generation


@dataclass(slots=True)
class Scored:
    """What the loop needs of an evaluation."""

    tree: str
    task: str
    split: Split
    seed: int
    score: float


def scores(
    path: Path, rows: Iterable[ScoreRow], generations: Mapping[int, int]
) -> Iterator[tuple[int, str, Trial, float]]:
    """Those on the search split, each with its generation (given by event; of any other event the seed's)."""
    trials: dict[tuple[str, int], Trial] = {}
    read, row = part_decoder(Scored), 0
    try:
        for event, row, body in rows:  # noqa: B007 (named where it fails)
            each: Scored = read(body)
            if not abs(each.score) <= FAR:
                raise ValueError(body)
            if each.split is Split.SEARCH:
                instance = (each.task, each.seed)
                trial = trials.get(instance) or trials.setdefault(instance, Trial(each.task, each.split, each.seed))
                yield generations.get(event, 0), each.tree, trial, each.score
    except WRONG as error:
        raise damaged(path, f"row {row} of evaluations is not what was recorded") from error


def ruled(path: Path, made: Sequence[Generation], rulings: Iterable[Ruling]) -> list[Generation]:
    """The generations with the rulings on their children, in order. What only a scored child can have, it has."""
    by_generation: dict[int, list[Ruling]] = defaultdict(list)
    for each in rulings:
        by_generation[each.generation].append(each)
    with_rulings = [replace(child, rulings=tuple(by_generation.pop(child.index, ()))) for child in made]
    for child in with_rulings:
        if bool(child.rulings) != (child.outcome in RULED):
            raise damaged(path, f"the rulings on generation {child.index} are not what was recorded")
    for index in sorted(by_generation):
        raise damaged(path, f"a ruling on generation {index} is not what was recorded")
    return with_rulings


def events(path: Path, rows: Sequence[EventRow], after: int) -> list[Event]:
    """A stretch of the chain: none is missing, each as its hash says."""
    chain: list[Event] = []
    for number, row in enumerate(rows, after + 1):
        if row[0] != number:
            raise damaged(path, f"event {number} is missing")
        made = event(path, row)
        if chain and made.previous != chain[-1].hash:
            raise damaged(path, f"event {number} ({row[2]}) is not what was recorded")
        chain.append(made)
    return chain


def event(path: Path, row: EventRow) -> Event:
    """One link of the chain, as its own hash says."""
    seq, at, kind, body, manifest, previous, link = row
    with intact(path, f"event {seq} ({kind})"):
        if link != codec.link(seq, at, kind, body, manifest, previous):
            raise ValueError(link)
        return Event(seq, at, codec.happening(kind, body), _table(manifest), previous, link)


def _table(text: str) -> dict[str, Any]:
    """A JSON object. Raises ValueError for any other value."""
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError(text)
    return value


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


def program(path: Path, key: str, data: bytes) -> Program:
    """The program that a blob holds."""
    with intact(path, f"the program {key[:12]}"):
        codec.bounded(data, MOST_PROGRAM)
        return Program.from_bytes(data)
