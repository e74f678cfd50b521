"""A file that was found to be as recorded is not read through again; and no change of it goes unnoticed for that."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from godel.lineage.errors import StoreDamaged
from godel.lineage.records.events import Finished
from godel.lineage.store import Store, verified
from godel.lineage.store.verified import RECORDED


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "godel" / "verified"


@pytest.fixture
def run(state: Path, grown: Store) -> Path:
    """A run as its writer left it."""
    grown.event(Finished())
    grown.close()
    return grown.path


def known(path: Path) -> bool:
    return verified.known(verified.fingerprint(path), RECORDED)


def test_what_a_writer_left_at_its_regular_end_is_known(run: Path) -> None:
    assert known(run)
    with Store.open(run, writable=True) as store:
        store.event(Finished())
        assert not known(run)
    assert known(run)


def test_what_was_read_through_once_is_known(run: Path, state: Path) -> None:
    shutil.rmtree(state)
    assert not known(run)
    Store.open(run).close()
    assert known(run) and known(Path(shutil.copy(run, run.with_name("copy.db")))), "a copy is the same file"


def test_no_changed_byte_goes_unnoticed(run: Path) -> None:
    """Not even with the file's size, name, inode and times as they were."""
    before, data, rng = run.stat(), run.read_bytes(), random.Random(4)
    for _ in range(40):
        place = rng.randrange(len(data))
        with run.open("r+b") as file:
            file.seek(place)
            file.write(bytes([data[place] ^ rng.randrange(1, 256)]))
        os.utime(run, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert not known(run), place
        run.write_bytes(data)
    assert known(run)


def test_a_changed_record_is_found_in_a_file_that_was_known(run: Path) -> None:
    db = sqlite3.connect(run)
    db.execute("UPDATE evaluations SET body = json_set(body, '$.score', 0.99) WHERE id = 7")
    db.commit()
    db.close()
    for writable in (False, True, False):
        with pytest.raises(StoreDamaged, match="row 7 of evaluations"):
            Store.open(run, writable=writable)


def test_verify_reads_everything_whatever_is_known(run: Path) -> None:
    db = sqlite3.connect(run)
    db.execute("UPDATE evaluations SET body = json_set(body, '$.score', 0.99) WHERE id = 7")
    db.commit()
    db.close()
    verified.remember(verified.fingerprint(run), RECORDED)
    with Store.open(run, whole=False) as store:
        assert list(store.findings()) == ["row 7 of evaluations (event 2) is not what was recorded"]


def test_what_others_may_write_to_is_not_believed(run: Path, state: Path) -> None:
    assert known(run)
    state.chmod(0o777)
    assert not known(run)
    state.chmod(0o700)
    state.rename(state.with_name("elsewhere"))
    state.symlink_to(state.with_name("elsewhere"))
    assert not known(run)


def test_where_nothing_can_be_remembered_all_is_read(run: Path, state: Path) -> None:
    shutil.rmtree(state)
    state.write_text("no folder")
    Store.open(run).close()
    assert not known(run)


def test_only_so_many_are_remembered(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verified, "MOST", 3)
    for number in range(6):
        verified.remember(f"{number:064}", RECORDED)
        os.utime(state / f"{number:064}.{RECORDED}", (number, number))
    assert sorted(each.name[63] for each in state.iterdir()) == ["3", "4", "5"]


def test_who_interrupts_does_not_wait_for_it(run: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Store.open(run, writable=True) as store:
        store.event(Finished())
        raise KeyboardInterrupt
    assert not known(run)


KILLED = """
import os, signal, sys
from pathlib import Path
from godel.lineage.records.events import Finished
from godel.lineage.store import Store
store = Store.open(Path(sys.argv[1]), writable=True)
store.event(Finished())
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_writer_left_is_read_through(run: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(run)], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert verified.fingerprint(run) == "", "its log is not folded in"
    with Store.open(run, writable=True) as store:
        store.event(Finished())
    assert known(run)


def test_nobody_else_appends_meanwhile(run: Path) -> None:
    """What is known of a run is carried on to what its writer appends, and to nothing else."""
    with Store.open(run, writable=True) as store:
        db = sqlite3.connect(run)
        db.execute(
            "INSERT INTO events SELECT seq + 1, at, kind, body, manifest, hash, 'x' FROM events"
            " WHERE seq = (SELECT max(seq) FROM events)"
        )
        db.commit()
        db.close()
        with pytest.raises(StoreDamaged, match="somebody else wrote to it meanwhile"):
            store.event(Finished())
    assert not known(run)
