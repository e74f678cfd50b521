"""The hash chain of a run's file: whatever is recorded is appended to it, in one transaction."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..records import events
from ..records.events import Happening
from . import codec, recorded


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    try:
        begin(db, "BEGIN IMMEDIATE")
        yield db
        db.execute("COMMIT")
    except BaseException:
        roll_back(db)
        raise


def begin(db: sqlite3.Connection, how: str) -> None:
    """Whoever begins is alone, by the lock. What is under way was left by a signal, that came before the block was
    entered that would have ended it."""
    roll_back(db)
    db.execute(how)


def roll_back(db: sqlite3.Connection) -> None:
    """What has begun, if anything has: SQLite has rolled back by itself after some errors."""
    if db.in_transaction:
        db.execute("ROLLBACK")


def head(db: sqlite3.Connection) -> str:
    """The chain's last hash, "" without events."""
    row = db.execute("SELECT hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    return str(row[0]) if row else ""


def append(
    db: sqlite3.Connection,
    at: float,
    what: Happening,
    records: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    blobs: Sequence[bytes] = (),
) -> None:
    """Add an event, and with it `records` by table and `blobs`."""
    texts = {table: [codec.dumps(row) for row in rows] for table, rows in (records or {}).items() if rows}
    for table, rows in texts.items():
        for text in rows:
            recorded.check(table, text)
    hashes = {codec.digest(data): data for data in blobs}
    manifest = {table: [codec.digest(text) for text in rows] for table, rows in texts.items()}
    if hashes:
        manifest["blobs"] = sorted(hashes)
    body = codec.dumps(codec.to_json(what))
    kind = events.NAMES[type(what)]
    recorded.check_event(kind, body)
    seq = _append_event(db, at, kind, body, codec.dumps(manifest))
    for table, rows in texts.items():
        db.executemany(f"INSERT INTO {table} (event, body) VALUES (?, ?)", [(seq, text) for text in rows])
    packed = [(key, zlib.compress(data)) for key, data in hashes.items()]
    db.executemany("INSERT OR IGNORE INTO blobs VALUES (?, ?)", packed)


def _append_event(db: sqlite3.Connection, at: float, kind: str, body: str, manifest: str) -> int:
    last = db.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    seq, previous = (last[0] + 1, last[1]) if last else (1, "")
    link = codec.link(seq, at, kind, body, manifest, previous)
    db.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", (seq, at, kind, body, manifest, previous, link))
    return seq
