"""Is the file what was recorded? Reads all of it: the chain, every row, every blob."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from . import codec, recorded
from .decode import part_decoder

TABLES = tuple(codec.TABLES)
Manifests = dict[int, dict[str, list[str]]]
"""By event, the digests of what was recorded with it, by table."""


def findings(db: sqlite3.Connection) -> Iterator[str]:
    """One line for each event, record or blob that is not as recorded, the chain's first."""
    manifests: Manifests = {}
    yield from _readable(_chain(db, manifests))
    for table in TABLES:
        yield from _readable(_table(db, table, manifests))
    yield from _readable(_blobs(db, manifests))
    yield from _readable(_pages(db))


def _readable(problems: Iterator[str]) -> Iterator[str]:
    """`problems`, and where SQLite itself can't read on, that."""
    try:
        yield from problems
    except (sqlite3.DatabaseError, UnicodeDecodeError, MemoryError) as error:
        yield f"not readable: {' '.join(str(error).split())}"


def _chain(db: sqlite3.Connection, manifests: Manifests) -> Iterator[str]:
    """Each event as its hash says, and none missing; fills `manifests`."""
    last, expected = "", 1
    for seq, at, kind, body, manifest, previous, link in db.execute("SELECT * FROM events ORDER BY seq"):
        if seq != expected:
            yield f"event {expected} is missing"
        elif previous != last or not _linked((seq, at, kind, body, manifest, previous, link)):
            yield f"event {seq} ({_name(kind)}) was changed"
        manifests[seq], last, expected = _manifest(manifest), link, seq + 1
    ever = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
    if not ever or ever[0] != expected - 1:
        yield f"event {expected} is missing"


def _linked(row: tuple[Any, ...]) -> bool:
    """Whether an event is what its hash says."""
    seq, at, kind, body, manifest, previous, link = row
    texts = all(isinstance(each, str) for each in (kind, body, manifest))
    return texts and isinstance(at, float) and link == codec.link(seq, at, kind, body, manifest, previous)


def _manifest(text: Any) -> dict[str, list[str]]:
    """Nothing, for one that is none: its event's own finding says so."""
    try:
        manifest: dict[str, list[str]] = part_decoder(dict[str, list[str]])(text)
    except recorded.WRONG:
        return {}
    return manifest


def _table(db: sqlite3.Connection, table: str, manifests: Manifests) -> Iterator[str]:
    """Each row as its event says, in that order, and none missing."""
    seen: dict[int, int] = defaultdict(int)
    for number, (row, event, body) in enumerate(db.execute(f"SELECT id, event, body FROM {table} ORDER BY id")):
        digests = manifests.get(event, {}).get(table, [])
        place, seen[event] = seen[event], seen[event] + 1
        if not isinstance(body, str) or digests[place : place + 1] != [codec.digest(body)]:
            yield f"{_row(table, number, row)} (event {event}) is not what was recorded"
    number = 0
    for event, manifest in manifests.items():
        for place in range(len(manifest.get(table, []))):
            if place >= seen[event]:
                yield f"{_row(table, number, None)} (event {event}) is missing"
            number += 1


def _row(table: str, number: int, row: int | None) -> str:
    """A generation by its number, any other record by its row."""
    if table == "generations":
        return f"generation {number}"
    return f"a row of {table}" if row is None else f"row {row} of {table}"


def _blobs(db: sqlite3.Connection, manifests: Manifests) -> Iterator[str]:
    expected = {key for manifest in manifests.values() for key in manifest.get("blobs", [])}
    for key, data in db.execute("SELECT hash, body FROM blobs ORDER BY hash"):
        if key not in expected:
            yield f"blob {_name(key)} was never recorded"
        elif recorded.unpacked(key, data) is None:
            yield f"blob {_name(key)} is not what was recorded"
        expected.discard(key)
    for key in sorted(expected, key=str):
        yield f"blob {_name(key)} is missing"


def _pages(db: sqlite3.Connection) -> Iterator[str]:
    for (answer,) in db.execute("PRAGMA integrity_check"):
        if answer != "ok":
            yield " ".join(str(answer).split())


def _name(text: Any) -> str:
    """The beginning of a key or a kind, whatever it has become."""
    short = str(text)[:12]
    return short if short.isascii() and short.isprintable() else ascii(short)
