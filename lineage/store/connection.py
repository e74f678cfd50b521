"""How a run's file is opened: to write, or so that looking at it changes nothing at all."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from . import schema, sidefiles

MOST_VALUE = 1 << 28
"""Bytes of one value that is read: of anything greater SQLite itself makes none."""

GUARDS = ("cell_size_check = ON", "mmap_size = 0")
"""For a file that somebody else may have made (sqlite.org/security.html)."""


class Connection(Protocol):
    """Raises sqlite3.DatabaseError, OSError, and what `schema.check` raises."""

    def current(self) -> sqlite3.Connection:
        """In autocommit mode, for use from several threads behind a lock."""

    def close(self) -> None: ...


class Writing:
    def __init__(self, path: Path) -> None:
        self._db = _connect(path, "mode=rwc")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute("PRAGMA journal_mode = WAL")
        # SIGKILL loses nothing even with NORMAL: a commit is in the page cache of the kernel.
        # FULL also survives a power cut, for one fsync a commit: a generation costs seconds
        # and model calls cost money, so that is cheap.
        self._db.execute("PRAGMA synchronous = FULL")

    def current(self) -> sqlite3.Connection:
        return self._db

    def close(self) -> None:
        self._db.close()


class Reading:
    """Changes nothing in the file's folder. Tables are looked at only once they are known to be a run's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open()

    def current(self) -> sqlite3.Connection:
        if self._stamp and self._stamp != sidefiles.stamp(self._path):
            self.close()  # a writer has begun: SQLite was told that there is none
            self._open()
        return self._db

    def close(self) -> None:
        self._db.close()
        if self._copy:
            self._copy.cleanup()

    def _open(self) -> None:
        """A writer's log is read with the index that it has made. A log without one (a copy of a run
        whose writer was killed) is read in a folder of ours, where one can be made; where there is
        no log, the file is all there is."""
        schema.check_format(self._path)
        self._copy: TemporaryDirectory[str] | None = None
        self._stamp: sidefiles.Stamp | None = None
        if sidefiles.live(self._path):
            self._db = _connect(self._path, "mode=ro&readonly_shm=1")
        elif sidefiles.unfolded(self._path):
            self._stamp, self._copy = sidefiles.stamp(self._path), sidefiles.copied(self._path)
            self._db = _connect(Path(self._copy.name, self._path.name), "mode=rw")
        else:
            self._stamp = sidefiles.stamp(self._path)
            self._db = _connect(self._path, "mode=ro&immutable=1")
        try:
            self._db.execute("PRAGMA query_only = ON")
            self._db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_VALUE)
            # Before any table is read: until then SQLite has parsed what a schema says, and run none of
            # it. (PRAGMA trusted_schema = OFF would forbid our own columns, which use json_extract.)
            schema.check(self._path, self._db)
        except BaseException:
            self.close()
            raise


def _connect(path: Path, options: str) -> sqlite3.Connection:
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}", uri=True, isolation_level=None, check_same_thread=False, timeout=10.0
    )
    for guard in GUARDS:
        db.execute(f"PRAGMA {guard}")
    return db
