"""The file's format: numbered migrations, and how a connection is opened.

`user_version` counts the migrations that a file has seen; `application_id` says that it
is ours. All records are canonical JSON in `body`, the only truth; the other columns are
computed from it, for queries. Trees, programs and transcripts are blobs: zlib-compressed
bytes under the SHA-256 of what they were.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from .errors import StoreDamaged, StoreNewer

APPLICATION_ID = 0x476F644C  # "GodL"

V1 = """
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
  manifest TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE blobs (hash TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE generations (
  id INTEGER PRIMARY KEY, event INTEGER NOT NULL REFERENCES events, body TEXT NOT NULL,
  number INTEGER AS (json_extract(body, '$.index')) UNIQUE,
  parent TEXT AS (json_extract(body, '$.parent')),
  child TEXT AS (json_extract(body, '$.child')),
  status TEXT AS (json_extract(body, '$.status')));
CREATE INDEX generations_by_child ON generations (child);
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

MIGRATIONS = (V1,)
"""Script n takes a file from format n to n + 1. Never edit one that was released."""

VERSION = len(MIGRATIONS)


def connect(path: Path, writable: bool, immutable: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode, for use from several threads behind a lock."""
    options = "mode=rwc" if writable else "mode=ro&immutable=1" if immutable else "mode=ro"
    db = sqlite3.connect(f"{path.absolute().as_uri()}?{options}", uri=True, isolation_level=None,
                         check_same_thread=False, timeout=10.0)  # fmt: skip
    if writable:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA journal_mode = WAL")
        # SIGKILL loses nothing even with NORMAL: a commit is in the page cache of the kernel.
        # FULL also survives a power cut, for one fsync a commit: a generation costs seconds
        # and model calls cost money, so that is cheap.
        db.execute("PRAGMA synchronous = FULL")
    return db


def open_existing(path: Path, writable: bool) -> sqlite3.Connection:
    """Raises StoreNewer, StoreDamaged, and sqlite3.DatabaseError for a file that is none of ours."""
    check_format(path)
    db = connect(path, writable)
    try:
        if writable:
            check_pages(path, db)
        elif not readable(db):
            db.close()
            db = connect(path, writable, immutable=True)
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        db.close()
        raise
    return db


def check_format(path: Path) -> None:
    """From the header's bytes (sqlite.org/fileformat2.html), before SQLite changes anything."""
    with path.open("rb") as file:
        header = file.read(100)
    if not header.startswith(b"SQLite format 3\0") or header[68:72] != APPLICATION_ID.to_bytes(4, "big"):
        raise StoreDamaged(f"{path} is not a run's file, or is damaged")
    version = int.from_bytes(header[60:64], "big")
    if version > VERSION:
        raise StoreNewer(f"{path} has format {version}, this program knows up to {VERSION}: install a newer one")


def check_pages(path: Path, db: sqlite3.Connection) -> None:
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreDamaged(f"{path} is damaged ({' '.join(found.split())}): restore it from a copy")


def readable(db: sqlite3.Connection) -> bool:
    """False where the log's index cannot be made: a read-only folder, with no writer about."""
    try:
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            return False
        raise
    return True


def migrate(db: sqlite3.Connection, version: int) -> None:
    """Bring the file from `version` up to VERSION, inside the caller's transaction."""
    for script in MIGRATIONS[version:]:
        for statement in filter(str.strip, script.split(";")):
            db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {VERSION}")
