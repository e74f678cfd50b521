"""Is the file what was recorded? Reads all of it: the chain, every row, every blob."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import Any

from . import codec
from .errors import StoreDamaged
from .recorded import blob as intact_blob

TABLES = tuple(codec.LOAD)


def verify(path: Path, db: sqlite3.Connection) -> None:
    """Raises StoreDamaged, naming the first event, record or blob that is not as recorded."""
    try:
        _check_pages(db)
        manifests = _check_chain(db)
        for table in TABLES:
            _check_table(db, table, {seq: manifest.get(table, []) for seq, manifest in manifests.items()})
        _check_blobs(path, db, {key for manifest in manifests.values() for key in manifest.get("blobs", [])})
    except Mismatch as found:
        raise StoreDamaged(f"{path} is damaged: {found}") from None


class Mismatch(Exception):
    """What is not as it was recorded."""


def _check_pages(db: sqlite3.Connection) -> None:
    found = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise Mismatch(" ".join(found.split()))


def _check_chain(db: sqlite3.Connection) -> dict[int, dict[str, Any]]:
    """The manifests, by event."""
    manifests: dict[int, dict[str, Any]] = {}
    last = ""
    for seq, at, kind, body, manifest, previous, link in db.execute("SELECT * FROM events ORDER BY seq"):
        if seq != len(manifests) + 1:
            raise Mismatch(f"event {len(manifests) + 1} is missing")
        if previous != last or link != codec.link(seq, at, kind, body, manifest, previous):
            raise Mismatch(f"event {seq} ({kind}) was changed")
        manifests[seq], last = json.loads(manifest), link
    ever = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
    if not ever or ever[0] != len(manifests):
        raise Mismatch(f"event {len(manifests) + 1} is missing")
    return manifests


def _check_table(db: sqlite3.Connection, table: str, recorded: dict[int, list[str]]) -> None:
    found: dict[int, list[str]] = defaultdict(list)
    for row, event, body in db.execute(f"SELECT id, event, body FROM {table} ORDER BY id"):
        expected = recorded.get(event, [])[len(found[event]) :][:1]
        found[event].append(codec.digest(body))
        if expected != found[event][-1:]:
            raise Mismatch(f"row {row} of {table} (event {event}) is not what was recorded")
    for event, digests in recorded.items():
        if len(found[event]) != len(digests):
            raise Mismatch(f"a row of {table} that event {event} recorded is missing")


def _check_blobs(path: Path, db: sqlite3.Connection, expected: set[str]) -> None:
    for key, data in db.execute("SELECT hash, body FROM blobs ORDER BY hash"):
        if key not in expected:
            raise Mismatch(f"blob {key[:12]} was never recorded")
        intact_blob(path, key, data)
        expected.discard(key)
    if expected:
        raise Mismatch(f"blob {min(expected)[:12]} is missing")
