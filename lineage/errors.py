"""Everything that can go wrong with a run's file, and with naming a node in it.

    LineageError
    ├── StoreError          the file could not be used
    │   ├── StoreMissing    there is none
    │   ├── StoreExists     there is one already
    │   ├── StoreLocked     another process writes to it
    │   ├── StoreNewer      written by a newer version of this program
    │   ├── StoreDamaged    not a run's file, or changed after it was written
    │   └── StoreFull       the disk is full; what was recorded before is safe
    └── NodeError           the text names no single node
        ├── NodeUnknown     none; the nearest names are given
        └── NodeAmbiguous   several

Each carries one line: what was given, what was found, what to do.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class LineageError(Exception):
    """Any failure of this package that its user can cause or mend."""


class StoreError(LineageError):
    """The run's file could not be used."""


class StoreMissing(StoreError):
    """There is no such file."""


class StoreExists(StoreError):
    """The file to be created is there already."""


class StoreLocked(StoreError):
    """Another process writes to the file; the text names its pid."""


class StoreNewer(StoreError):
    """The file's format is newer than this program."""


class StoreDamaged(StoreError):
    """Not a run's file, cut short, or changed afterwards; the text names the first bad record."""


class StoreFull(StoreError):
    """No space left on the disk. The transaction was rolled back; earlier ones are safe."""


class NodeError(LineageError):
    """The text names no single node."""


class NodeUnknown(NodeError):
    """No node goes by that name."""


class NodeAmbiguous(NodeError):
    """Several nodes go by that name."""


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Failures of SQLite and of the file system become those above.

    IntegrityError and ProgrammingError pass: they are the caller's mistakes, not the file's.
    """
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except sqlite3.DatabaseError as error:
        raise _from_sqlite(path, error) from error
    except (UnicodeDecodeError, MemoryError) as error:  # SQLite's own message, or a length, out of a damaged page
        raise StoreDamaged(f"{path} is damaged or not a run's file: restore it from a copy") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull(f"no space left for {path}: free some, then resume") from error
        raise StoreError(f"{path}: {error.strerror}") from error


def _from_sqlite(path: Path, error: sqlite3.DatabaseError) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte of an extended code
    if code == sqlite3.SQLITE_FULL:
        return StoreFull(f"no space left for {path}: free some, then resume")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreLocked(f"{path} is being changed by another program: close it there")
    if code == sqlite3.SQLITE_TOOBIG:
        return StoreDamaged(f"{path} is damaged (it holds a value too great to be read): restore it from a copy")
    # SQLITE_ERROR: no such table, malformed JSON; our queries know no other. 0: text that is no text.
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR, 0):
        return StoreDamaged(f"{path} is damaged or not a run's file ({error}): restore it from a copy")
    return StoreError(f"{path}: {error}")
