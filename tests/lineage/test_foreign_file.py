"""A run's file from somebody else: looking at it runs, sends and writes nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from made import generation

from godel.contract import Program
from godel.lineage import Status, Transcript
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.errors import StoreDamaged, StoreError
from godel.lineage.store import Store

ROOT = Path(__file__).parents[2]
FOREIGN = {
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM evaluations; END",
    "a view": "CREATE VIEW v AS SELECT * FROM events",
    "a view instead of a table": "ALTER TABLE baselines RENAME TO b; CREATE VIEW baselines AS SELECT * FROM b",
    "a table more": "CREATE TABLE more (x)",
    "a virtual table": "CREATE VIRTUAL TABLE words USING fts5 (x)",
    "an index that computes": "CREATE INDEX i ON events (length(body))",
    "a column more": "ALTER TABLE evaluations ADD COLUMN x DEFAULT 1",
    "a column that computes something else": (
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, '$.score', '$.value')"
    ),
    "a check": (
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = "
        "replace(sql, 'body BLOB NOT NULL', 'body BLOB NOT NULL CHECK (body > 0)') WHERE name = 'blobs'"
    ),
    "a default": (
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = "
        "replace(sql, 'hash TEXT NOT NULL)', 'hash TEXT NOT NULL DEFAULT (1))') WHERE name = 'events'"
    ),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_a_schema_that_is_not_a_runs_is_refused_before_anything_is_read(grown: Store, what: str) -> None:
    grown.close()
    db = sqlite3.connect(grown.path)
    db.executescript(FOREIGN[what])
    db.close()
    for writable in (False, True):
        with pytest.raises(StoreDamaged) as caught:
            Store.open(grown.path, writable=writable, whole=False)
        assert "is none of a run's, or not as it was made" in str(caught.value)
        assert "\n" not in str(caught.value)


def folder(path: Path) -> dict[str, tuple[str, int]]:
    """Every file of a folder: its bytes' digest and when they were written."""
    return {
        each.name: (hashlib.sha256(each.read_bytes()).hexdigest(), each.stat().st_mtime_ns)
        for each in sorted(path.iterdir())
    }


KILLED = """
import os, pathlib, signal, sys
from godel.lineage.records.events import Stopped
from godel.lineage.store import Store
store = Store.open(pathlib.Path(sys.argv[1]), writable=True)
store.event(Stopped("last"))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def killed(grown: Store) -> Path:
    """A run whose writer was killed: its last event is in the log alone."""
    grown.close()
    done = subprocess.run([sys.executable, "-c", KILLED, str(grown.path)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    return grown.path


def look(path: Path) -> str:
    with Store.open(path) as store:
        assert Lineage.of(store).best
        return store.events()[-1].kind


def test_looking_at_a_finished_run_changes_nothing_in_its_folder(grown: Store) -> None:
    grown.close()
    before = folder(grown.path.parent)
    look(grown.path)
    assert folder(grown.path.parent) == before


def test_looking_at_a_killed_run_changes_nothing_and_shows_its_log(killed: Path) -> None:
    before = folder(killed.parent)
    assert f"{killed.name}-wal" in before
    assert look(killed) == "stopped"
    assert folder(killed.parent) == before


def test_a_log_that_came_without_its_index_is_read_elsewhere(killed: Path, tmp_path: Path) -> None:
    """As an archive of a killed run may hold it; the folder may be one that nobody can write to."""
    copy = tmp_path / "copy"
    copy.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{killed}{suffix}", copy / f"run{suffix}")
    before = folder(copy)
    assert look(copy / "run") == "stopped"
    assert folder(copy) == before


def test_a_reader_goes_on_when_a_writer_begins(grown: Store) -> None:
    """It was opened as a file that nobody writes to."""
    grown.close()
    tree = Program({"main.py": "x = 1\n" * 20_000}, "main.py")
    key = tree.digest
    with Store.open(grown.path) as reader:
        count = len(reader.generations())
        with Store.open(grown.path, writable=True) as writer:
            for index in range(count, count + 40):
                writer.record(
                    generation(index, None, key, None, Status.SEED),
                    tree,
                    [],
                    Transcript(({"n": index},)),
                    [os.urandom(50_000)],
                )
                assert len(reader.generations()) == index + 1
            reader.verify()
        assert len(reader.generations()) == count + 40
        reader.verify()


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", ".lock"])
def test_a_link_among_a_runs_files_is_refused_and_its_target_kept(grown: Store, tmp_path: Path, suffix: str) -> None:
    """Followed, a lock or a log that is a link would be written over the file that it leads to."""
    grown.close()
    target, link = tmp_path / "precious", Path(f"{grown.path}{suffix}")
    if suffix:
        target.write_text("precious")
    else:
        grown.path.rename(target)
    link.unlink(missing_ok=True)
    link.symlink_to(target)
    before = target.read_bytes()
    for writable in (False, True):
        with pytest.raises(StoreError, match="is a link to"):
            Store.open(grown.path, writable=writable)
    assert target.read_bytes() == before


def test_a_named_pipe_among_a_runs_files_is_refused(grown: Store) -> None:
    grown.close()
    lock = Path(f"{grown.path}.lock")
    lock.unlink()
    os.mkfifo(lock)
    with pytest.raises(StoreError, match="no plain file"):
        Store.open(grown.path, writable=True)


def test_a_rollback_journal_is_refused(grown: Store) -> None:
    """A run has none; SQLite would play it back, and delete the file that it names as its master."""
    grown.close()
    Path(f"{grown.path}-journal").write_bytes(b"anything")
    for writable in (False, True):
        with pytest.raises(StoreDamaged, match="rollback journal"):
            Store.open(grown.path, writable=writable)


def test_a_blob_that_swells_is_not_unpacked(store: Store) -> None:
    import zlib

    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
    key = store.put_blob(b"small")
    store.close()
    db = sqlite3.connect(store.path)
    db.execute("UPDATE blobs SET body = ? WHERE hash = ?", (packed, key))
    db.commit()
    db.close()
    with pytest.raises(StoreDamaged, match="is not what was recorded"):
        Store.open(store.path)
