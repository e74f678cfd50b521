"""The store keeps what it is given, all of it or nothing, and says in one line why it can't."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made import generation

from godel.contract import Edit, Program
from godel.lineage import (
    Evaluation,
    Generation,
    ModelCall,
    Ruling,
    Spend,
    Split,
    Status,
    Transcript,
    Trial,
    Verdict,
    errors,
)
from godel.lineage.analysis.lineage import resolve
from godel.lineage.errors import (
    LineageError,
    StoreDamaged,
    StoreError,
    StoreExists,
    StoreFull,
    StoreLocked,
    StoreMissing,
    StoreNewer,
)
from godel.lineage.records.events import Finished, Reported, Stopped
from godel.lineage.store import Store, chain, codec, schema

ROOT = Path(__file__).parents[2]
FIXTURES = Path(__file__).parent / "fixtures"
FILES = {"main.py": "x = 'ü\ud800\\n'\n", "a/b.py": "\x00\x85"}
TREE = Program(FILES, "main.py")
KEY = TREE.digest


def seed(key: str = KEY) -> Generation:
    return generation(0, None, key, None, Status.SEED)


def evaluation(**changes: Any) -> Evaluation:
    made = Evaluation(
        KEY,
        "maxcut",
        "v1",
        Split.SEARCH,
        3,
        0.25,
        12.5,
        None,
        "p" * 64,
        Spend(1, 0, 0, 0.0, 1.5),
        {"cpu_s": 2.0},
        "docker",
        "sha256:x",
        ("slow",),
    )
    return replace(made, **changes)


def test_what_is_recorded_comes_back_equal(store: Store) -> None:
    child = Program({"main.py": "y = 2\n"}, "main.py")
    made = generation(
        1,
        KEY,
        child.digest,
        KEY,
        Status.ACCEPTED,
        "why",
        "rung",
        (Edit("op", "\ud800", "1", "2"),),
        2**62,
        Spend(2, 3, 4, 0.5, 1.0, 2.0, 3.0),
        0.1,
        0.0,
        0.2,
    )
    given = [evaluation(), evaluation(split=Split.HELD_OUT, score=-1.0, value=None, failure="wall")]
    log = Transcript(({"utility": {"score": float("nan")}}, {"model": "\ud83d"}), {evaluation().trial: ({"a": 1},)})
    store.record(seed(), TREE, given, log, [b"blob"])
    store.record(made, child, [], Transcript())
    assert store.generations() == [seed(), made]
    assert store.generations(start=1) == [made]
    assert store.evaluations() == given
    assert store.program(KEY) == TREE
    assert store.blob(codec.digest(b"blob")) == b"blob"
    assert str(store.transcript(0)) == str(log)
    assert store.transcript(1) == Transcript()
    store.verify()


def test_a_trees_hash_is_the_programs_digest(store: Store) -> None:
    assert store.put_program(TREE) == Program(FILES, "main.py").digest == KEY
    assert store.put_program(TREE) == KEY
    assert [event.kind for event in store.events()] == ["created", "blob"]


def test_evaluations_can_be_asked_for_by_tree_split_and_task(store: Store) -> None:
    given = [evaluation(), evaluation(task="byte_lm"), evaluation(split=Split.SEALED)]
    store.record(seed(), TREE, given, Transcript())
    store.add_evaluations([evaluation(tree="other")], [b"program"], why="held-out report")
    assert store.evaluations(tree=KEY) == given
    assert store.evaluations(KEY, Split.SEARCH, "byte_lm") == given[1:2]
    assert store.evaluations(split=Split.SEALED) == given[2:]
    assert store.events()[-1].what == Reported("held-out report")
    assert store.blob(codec.digest(b"program")) == b"program"


def test_baselines_model_calls_and_events(store: Store) -> None:
    assert store.baseline("v1", 7) is None
    store.put_baseline("v1", 7, 2.0, -3.5)
    assert store.baseline("v1", 7) == (2.0, -3.5)
    with pytest.raises(sqlite3.IntegrityError):
        store.put_baseline("v1", 7, 2.0, 4.0)
    calls = [ModelCall("r", "one", 10, 0.01, "m"), ModelCall("r", {"text": "two"}), ModelCall("s", None)]
    for call in calls:
        store.put_model_call(call)
    assert store.model_calls() == calls
    assert store.model_calls("r") == calls[:2]
    before = store.head
    store.event(Stopped("Ctrl-C"))
    assert store.head != before
    assert store.events(after=store.events()[-2].seq)[0].what == Stopped("Ctrl-C")
    store.verify()


def test_the_clock_is_passed_in(tmp_path: Path) -> None:
    with Store.create(tmp_path / "r", {}, clock=lambda: 12.5) as made:
        assert [event.at for event in made.events()] == [12.5]


def test_a_generation_out_of_turn_or_with_another_tree_is_refused_and_nothing_is_kept(store: Store) -> None:
    for wrong, tree in [
        (replace(seed(), index=1), TREE),
        (replace(seed(), child="0" * 64), TREE),
        (replace(seed(), child=None), TREE),
        (replace(seed(), child="0" * 64), None),
    ]:
        with pytest.raises(ValueError, match="generation"):
            store.record(wrong, tree, [evaluation()], Transcript(({},)), [b"x"])
    with pytest.raises(ValueError, match="JSON"):
        store.record(replace(seed(), spend=Spend(dollars=float("nan"))), TREE, [], Transcript())
    assert [store.generations(), store.evaluations(), len(store.events())] == [[], [], 1]
    store.record(seed(), TREE, [], Transcript())
    with pytest.raises(ValueError, match="cannot follow"):
        store.record(seed(), TREE, [], Transcript())
    store.verify()


def test_a_generation_without_a_child_or_with_a_known_one_needs_no_tree(store: Store) -> None:
    store.record(seed(), TREE, [], Transcript())
    store.record(generation(1, KEY, None, KEY, Status.FAILED), None, [], Transcript())
    store.record(generation(2, KEY, KEY, KEY, Status.REFUSED, rung="duplicate"), None, [], Transcript())
    assert [made.child for made in store.generations()] == [KEY, None, KEY]


def test_what_is_not_there_is_said(store: Store) -> None:
    """A blob is asked for by a record that names it: without it, the file is damaged."""
    for ask in (lambda: store.program("0" * 64), lambda: store.blob("")):
        with pytest.raises(StoreDamaged, match="missing"):
            ask()
    with pytest.raises(KeyError):
        store.transcript(0)


def test_threads_share_a_store(store: Store) -> None:
    def work(name: int) -> None:
        for k in range(20):
            store.put_blob(f"{name} {k}".encode())
            store.event(Stopped(f"tick {name}"))
            store.evaluations()

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.events()) == 1 + 4 * 20 * 2
    store.verify()


def test_reading_goes_on_while_a_writer_writes(store: Store) -> None:
    with Store.open(store.path) as reader:
        store.record(seed(), TREE, [], Transcript())
        assert reader.generations() == [seed()]
        assert reader.config == {"scaffold": "mutation", "seed": 1}
        reader.verify()
        with pytest.raises(StoreError, match="opened to read"):
            reader.event(Stopped("x"))
    store.event(Stopped("x"))


def test_a_reader_sees_one_moment_though_a_writer_goes_on_between_two_tables(store: Store) -> None:
    store.record(seed(), TREE, [], Transcript())
    child = generation(1, KEY, KEY, None, Status.ACCEPTED)

    def write_on(statement: str) -> None:
        if "FROM rulings" in statement and store.count() == 1:
            store.record(child, None, [], Transcript())

    with Store.open(store.path) as reader:
        reader._connection.current().set_trace_callback(write_on)
        assert reader.generations() == [seed()]
        assert store.count() == 2
        with reader.snapshot():
            assert reader.generations() == [seed(), child]
            store.record(generation(2, KEY, KEY, None, Status.REJECTED), None, [], Transcript())
            assert reader.count() == 2
        assert reader.count() == 3


def test_a_signal_right_after_a_commit_is_not_taken_for_another_writer(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = chain.transaction

    @contextmanager
    def interrupted(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
        with whole(db):
            yield db
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(chain, "transaction", interrupted)
        store.record(seed(), TREE, [], Transcript())
    store.event(Stopped("interrupted"))
    assert [event.kind for event in store.events()][-2:] == ["generation", "stopped"]


def test_what_a_signal_has_left_begun_does_not_keep_the_next_from_writing(store: Store) -> None:
    store._connection.current().execute("BEGIN")
    store.event(Stopped("interrupted"))
    store._connection.current().execute("BEGIN")
    with store.snapshot():
        assert store.events()[-1].kind == "stopped"
    store.event(Stopped("again"))


def test_one_file_is_the_whole_run_once_closed(store: Store, tmp_path: Path) -> None:
    store.record(seed(), TREE, [evaluation()], Transcript())
    store.close()
    store.close()
    shutil.copy(store.path, tmp_path / "copy")
    with Store.open(tmp_path / "copy") as copy:
        assert copy.evaluations() == [evaluation()]
        copy.verify()


def in_python(program: str, *arguments: object, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*prefix, sys.executable, "-c", program, *map(str, arguments)],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
    )


OPEN = """
import sys, pathlib
from godel.lineage.records.events import Finished, Reported, Stopped
from godel.lineage.store import Store
try:
    with Store.open(pathlib.Path(sys.argv[1]), writable="w" in sys.argv[2]) as store:
        store.verify()
        print(len(store.events()))
except Exception as error:
    print(type(error).__name__, error)
"""


def test_a_second_writer_is_told_who_writes(store: Store) -> None:
    told = in_python(OPEN, store.path, "w").stdout
    assert told.startswith("StoreLocked")
    assert f"process {os.getpid()};" in told
    assert in_python(OPEN, store.path, "r").stdout == "1\n"
    with pytest.raises(StoreLocked):
        Store.open(store.path, writable=True)
    store.close()
    assert in_python(OPEN, store.path, "w").stdout == "1\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody who may not write")
def test_a_run_in_a_folder_that_may_not_be_written_can_be_read(store: Store, tmp_path: Path) -> None:
    store.close()
    for folder in (tmp_path, *tmp_path.parents):
        if Path(tempfile.gettempdir()) in folder.parents:  # how many, goes by how many workers there are
            folder.chmod(0o755)
    store.path.chmod(0o644)
    program = "import os; os.setuid(65534)\n" + OPEN
    readable = "import os; import godel.lineage.store, godel.lineage.store.verify\n" + program
    assert in_python(readable, store.path, "r").stdout == "1\n"
    assert in_python(readable, store.path, "w").stdout.startswith("StoreError")


def test_what_exists_is_not_overwritten(store: Store) -> None:
    store.close()
    with pytest.raises(StoreExists, match="resume it"):
        Store.create(store.path, {})
    with Store.open(store.path) as same:
        assert same.config["seed"] == 1


def test_a_creation_that_was_cut_short_leaves_no_run(tmp_path: Path) -> None:
    (tmp_path / "run.new").write_bytes(b"half a file")
    with pytest.raises(StoreMissing):
        Store.open(tmp_path / "run")
    with Store.create(tmp_path / "run", {"a": 1}) as made:
        assert made.config == {"a": 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "run.lock"]


def test_a_missing_run(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(StoreMissing):
            Store.open(path)
    assert list(tmp_path.iterdir()) == []


def test_a_newer_format_is_left_alone(store: Store) -> None:
    store.close()
    with sqlite3.connect(store.path) as db:
        db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    db.close()
    for writable in (False, True):
        with pytest.raises(StoreNewer, match=f"format {schema.VERSION + 1}"):
            Store.open(store.path, writable=writable)


@pytest.mark.parametrize("damage", ["text", "empty", "foreign", "cut", "noise", "header"])
def test_a_damaged_file_is_one_clear_error(grown: Store, damage: str) -> None:
    path = grown.path
    grown.close()
    whole = path.read_bytes()
    if damage == "foreign":
        path.unlink()
        sqlite3.connect(path).execute("CREATE TABLE other (x)").connection.close()
    else:
        middle = len(whole) // 2
        path.write_bytes(
            {
                "text": b"hello",
                "empty": b"",
                "cut": whole[: middle - middle % 4096],
                "noise": whole[:middle] + os.urandom(8192) + whole[middle + 8192 :],
                "header": os.urandom(100) + whole[100:],
            }[damage]
        )
    with pytest.raises(StoreDamaged) as caught, Store.open(path, writable=True) as store:
        store.verify()
    assert "\n" not in str(caught.value)
    with pytest.raises(StoreDamaged), Store.open(path) as store:
        store.verify()


FILL = """
import sys, pathlib, os
from godel.lineage.records.events import Finished, Reported, Stopped
from godel.lineage.store import Store
from godel.lineage.errors import StoreFull
path = pathlib.Path(sys.argv[1]) / "run.sqlite"
with Store.create(path, {}) as store:
    kept = 0
    try:
        while True:
            store.put_blob(os.urandom(20_000))
            kept += 1
    except StoreFull as error:
        print(error)
    assert kept > 5, kept
with Store.open(path) as store:
    store.verify()
    assert len(store.events()) == 1 + kept, (kept, len(store.events()))
"""


def test_a_full_disk_keeps_what_was_recorded_before(tmp_path: Path) -> None:
    mount = (
        "unshare",
        "--mount",
        "--map-root-user",
        "sh",
        "-c",
        f'mount -t tmpfs -o size=600k tmpfs {tmp_path} && exec "$@"',
        "-",
    )
    if in_python("", prefix=mount).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    done = in_python(FILL, tmp_path, prefix=mount)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"no space left for {tmp_path}/run.sqlite: free some, then resume\n"


def test_format_2_keeps_loading(tmp_path: Path) -> None:
    path = Path(shutil.copy(FIXTURES / "format-2.sqlite", tmp_path / "run.sqlite"))
    with Store.open(path, writable=True) as old:
        old.verify()
        assert old.config == {"scaffold": "mutation", "tasks": ["maxcut"]}
        assert [made.status for made in old.generations()] == [Status.SEED, Status.FAILED, Status.ACCEPTED]
        child = old.generations()[2]
        assert child.edits == (Edit("constant_step", "SIGMA", "0.5", "0.25"),)
        assert [each.verdict for each in child.rulings] == [Verdict.HELD, Verdict.ACCEPTED]
        assert (child.gain, child.why) == (0.2, "it is better")
        assert old.program(resolve(old, "best")).files == {"main.py": "SIGMA = 0.25\n"}
        heard = {Trial("maxcut", Split.SEARCH, 0): ({"score": 0.3},)}
        assert old.transcript(2) == Transcript(({"utility": 0.5},), heard)
        assert [each.split for each in old.evaluations()] == [Split.SEARCH] * 4 + [Split.HELD_OUT]
        assert old.baseline("v1", 0) == (1.0, 2.0)
        assert old.model_calls() == [ModelCall("r", "reply", 7, 0.5, "m")]
        old.event(Finished())
        old.verify()


def test_format_1_is_refused_in_one_line(tmp_path: Path) -> None:
    """It knew no rulings."""
    path = Path(shutil.copy(FIXTURES / "format-1.sqlite", tmp_path / "run.sqlite"))
    for writable in (False, True):
        with pytest.raises(StoreError, match="has format 1, this program knows 2") as caught:
            Store.open(path, writable=writable)
        assert "\n" not in str(caught.value) and "launch a new run" in str(caught.value)


def refused(store: Store, match: str, **changes: Any) -> None:
    with pytest.raises(ValueError, match=match):
        store.rule(replace(Ruling(1, Verdict.REVOKED, "person:ada", "no", after=3), **changes))


def test_a_ruling_is_appended_and_nothing_is_edited(store: Store) -> None:
    """A rollback and an approval are further records; what the policy said stays."""
    children = [Program({"main.py": f"y = {number}\n"}) for number in range(3)]
    store.record(seed(), TREE, [], Transcript())
    given = (Status.ACCEPTED, Status.HELD, Status.HOPELESS)
    for index, (child, status) in enumerate(zip(children, given, strict=True), 1):
        made = generation(index, KEY, child.digest, KEY, status, "by the numbers", gain=0.1)
        store.record(made, child, [], Transcript())
    rows = [(made, store.transcript(made.index)) for made in store.generations()]
    events = [event.hash for event in store.events()]
    store.rule(Ruling(1, Verdict.REVOKED, "person:ada", "it cheats", after=3))
    store.rule(Ruling(2, Verdict.ACCEPTED, "person:ada", "it is fine", after=3))
    store.verify()
    assert [event.hash for event in store.events()][: len(events)] == events
    after = store.generations()
    assert [made.status for made in after] == [Status.SEED, Status.REVOKED, Status.ACCEPTED, Status.HOPELESS]
    assert [replace(made, rulings=made.rulings[:1]) for made in after] == [made for made, _ in rows]
    assert [made.why for made in after[1:]] == ["it cheats", "it is fine", "by the numbers"]
    assert after[1].gain == 0.1, "the evidence is still the policy's"
    assert [after[1].kept_after(upto) for upto in range(4)] == [False, True, True, False]
    assert store.generations(start=2) == after[2:]


def test_nothing_rules_on_what_has_no_scored_child(store: Store) -> None:
    store.record(seed(), TREE, [], Transcript())
    child = Program({"main.py": "y = 2\n"})
    store.record(generation(1, KEY, child.digest, KEY, Status.REJECTED), child, [], Transcript())
    store.record(generation(2, KEY, None, KEY, Status.FAILED), None, [], Transcript())
    store.record(generation(3, KEY, KEY, KEY, Status.REFUSED, rung="duplicate"), None, [], Transcript())
    before = store.head
    for number in (0, 2, 3, 4, -1):
        refused(store, "no scored child", generation=number)
    refused(store, "after generation 2; the last one is 3", after=2)
    failed = generation(4, KEY, None, KEY, Status.FAILED)
    for wrong in (replace(failed, rulings=(Ruling(4, Verdict.HELD, "person:ada", after=4),)), scored_unruled(child)):
        with pytest.raises(ValueError, match="rul"):
            store.record(wrong, None, [], Transcript())
    assert store.head == before


def scored_unruled(child: Program) -> Generation:
    return replace(generation(4, KEY, child.digest, KEY, Status.REJECTED), rulings=())


def test_every_error_is_in_the_tree_and_is_a_lineage_error() -> None:
    found = {
        name: each
        for name, each in vars(errors).items()
        if isinstance(each, type) and each.__module__ == errors.__name__
    }
    assert all(issubclass(each, LineageError) for each in found.values())
    assert set(found) == set(re.findall(r"\w+Error|Store\w+|Node\w+", errors.__doc__ or ""))
    assert issubclass(StoreFull, StoreError)
