"""The files beside a run's file: its log, the log's index, its lock, a draft of it.

A folder may come from somebody else. One of these that is a link would have its target
overwritten when the run is gone on with, and a named pipe would be waited for: refused.
"""

from __future__ import annotations

import shutil
import stat
import tempfile
from pathlib import Path

from ..errors import StoreDamaged, StoreError

LOG, INDEX, JOURNAL = "-wal", "-shm", "-journal"
OURS = ("", ".lock", LOG, INDEX)
DRAFTS = (".new", f".new{LOG}", f".new{INDEX}", f".new{JOURNAL}")

Stamp = tuple[int, int, int, bool]


def beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def check(path: Path) -> None:
    """Raises StoreError for a link or anything else that is no plain file, StoreDamaged for a
    rollback journal: a run never has one, and it could name any file for SQLite to delete."""
    for name in (beside(path, suffix) for suffix in OURS):
        if name.is_symlink() or (name.exists() and not stat.S_ISREG(name.stat().st_mode)):
            what = f"a link to {name.readlink()}" if name.is_symlink() else "no plain file"
            raise StoreError(
                f"{name} is {what}, and a run's is never: nothing is read or written; copy the run's "
                "own files into a new folder"
            )
    if beside(path, JOURNAL).exists():
        raise StoreDamaged(f"{beside(path, JOURNAL)}: a run never has a rollback journal: restore it from a copy")


def live(path: Path) -> bool:
    """Whether there is a log with its index: of a writer that is at work, or was killed."""
    return beside(path, LOG).exists() and beside(path, INDEX).exists()


def unfolded(path: Path) -> bool:
    """Whether there is a log with something in it that the file may lack."""
    return beside(path, LOG).exists() and beside(path, LOG).stat().st_size > 0


def stamp(path: Path) -> Stamp:
    """Another one when the file, or whether it has a log, is another."""
    now = path.stat()
    return now.st_ino, now.st_size, now.st_mtime_ns, beside(path, LOG).exists()


def copied(path: Path) -> tempfile.TemporaryDirectory[str]:
    """The file and its log in a folder of their own, where an index can be made for them."""
    folder = tempfile.TemporaryDirectory(prefix="godel-read-")
    for suffix in ("", LOG):
        shutil.copyfile(beside(path, suffix), Path(folder.name, path.name + suffix))
    return folder


def remove_drafts(path: Path) -> None:
    """What a creation that was killed has left."""
    for suffix in DRAFTS:
        beside(path, suffix).unlink(missing_ok=True)
