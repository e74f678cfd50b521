"""The file's format: numbered migrations, and how a file is held against it.

`user_version` counts the migrations that a file has seen; `application_id` says that it
is ours. All records are canonical JSON in `body`, the only truth; the other columns are
computed from it, for queries. Trees, programs and transcripts are blobs: zlib-compressed
bytes under the SHA-256 of what they were.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import StoreDamaged, StoreError, StoreNewer

APPLICATION_ID = 0x476F644C  # "GodL"

V2 = """
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
  manifest TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE blobs (hash TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE generations (
  id INTEGER PRIMARY KEY, event INTEGER NOT NULL REFERENCES events, body TEXT NOT NULL,
  number INTEGER AS (json_extract(body, '$.index')) UNIQUE,
  parent TEXT AS (json_extract(body, '$.parents[0]')),
  child TEXT AS (json_extract(body, '$.child')),
  outcome TEXT AS (json_extract(body, '$.outcome')));
CREATE INDEX generations_by_child ON generations (child);
CREATE TABLE rulings (
  id INTEGER PRIMARY KEY, event INTEGER NOT NULL REFERENCES events, body TEXT NOT NULL,
  generation INTEGER AS (json_extract(body, '$.generation')));
CREATE INDEX rulings_by_generation ON rulings (generation);
CREATE TABLE evaluations (
  id INTEGER PRIMARY KEY, event INTEGER NOT NULL REFERENCES events, body TEXT NOT NULL,
  tree TEXT AS (json_extract(body, '$.tree')),
  task TEXT AS (json_extract(body, '$.task')),
  split TEXT AS (json_extract(body, '$.split')),
  seed INTEGER AS (json_extract(body, '$.seed')),
  score REAL AS (json_extract(body, '$.score')));
CREATE INDEX evaluations_by_tree ON evaluations (tree, split, task);
CREATE TABLE baselines (
  id INTEGER PRIMARY KEY, event INTEGER NOT NULL REFERENCES events, body TEXT NOT NULL,
  task_version TEXT AS (json_extract(body, '$.task_version')),
  seed INTEGER AS (json_extract(body, '$.seed')),
  UNIQUE (task_version, seed));
CREATE TABLE model_calls (
  id INTEGER PRIMARY KEY, event INTEGER NOT NULL REFERENCES events, body TEXT NOT NULL,
  request TEXT AS (json_extract(body, '$.request')));
CREATE INDEX model_calls_by_request ON model_calls (request);
"""

OLDEST = 2
"""The first format that is still read. Format 1 knew no rulings."""

MIGRATIONS = (V2,)
"""Script n takes a file from format OLDEST + n - 1 to the next one. Never edit one that was released."""

VERSION = OLDEST + len(MIGRATIONS) - 1

SchemaRow = tuple[Any, Any, Any, Any]
"""A row of sqlite_master, whatever somebody wrote into it: type, name, table, text."""


def check_format(path: Path) -> None:
    """From the header's bytes (sqlite.org/fileformat2.html), before SQLite looks at the file."""
    with path.open("rb") as file:
        header = file.read(100)
    if not header.startswith(b"SQLite format 3\0") or header[68:72] != APPLICATION_ID.to_bytes(4, "big"):
        raise StoreDamaged(f"{path} is not a run's file, or is damaged")
    version = int.from_bytes(header[60:64], "big")
    if version > VERSION:
        raise StoreNewer(f"{path} has format {version}, this program knows up to {VERSION}: install a newer one")
    if version == 0:
        raise StoreDamaged(f"{path} has format 0, which never was: restore it from a copy")
    if version < OLDEST:
        mismatch = f"{path} has format {version}, this program knows {OLDEST} to {VERSION}"
        raise StoreError(f"{mismatch}: look at it with the version that made it, or launch a new run")


def check(path: Path, db: sqlite3.Connection) -> None:
    """Exactly the tables and indexes that we make, before any of them is read: no trigger, no view, no
    virtual table, no column that computes something else."""
    present, expected = set(_objects(db)), _expected()
    for kind, name, _, _ in sorted(present - expected, key=str):
        what = f"{kind} {name}"[:80]
        raise StoreDamaged(f"{path}: its {what!r} is none of a run's, or not as it was made; nothing else is read")
    for kind, name, _, _ in sorted(expected - present, key=str, reverse=True):
        raise StoreDamaged(f"{path} is damaged (no such {kind}: {name}): restore it from a copy")


@cache
def _expected() -> frozenset[SchemaRow]:
    db = sqlite3.connect(":memory:")
    try:
        migrate(db, 0)
        return frozenset(_objects(db))
    finally:
        db.close()


def _objects(db: sqlite3.Connection) -> Iterator[SchemaRow]:
    yield from db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")


def migrate(db: sqlite3.Connection, version: int) -> None:
    """Bring the file from `version` up to VERSION, inside the caller's transaction."""
    for script in MIGRATIONS[max(0, version - OLDEST + 1) :]:
        for statement in filter(str.strip, script.split(";")):
            db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {VERSION}")
