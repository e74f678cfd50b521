"""One SQLite file per run: the whole experiment.

What is recorded is never changed. Each transaction appends one event to a hash chain,
and the event's manifest holds the digests of everything recorded with it; so what was
changed afterwards shows (`verify`). Whoever can rewrite the whole file can rewrite the
whole chain: publish `head` to pin a run down.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from godel.contract import Program

from .. import (
    RULED,
    Baseline,
    Evaluation,
    Event,
    Generation,
    ModelCall,
    Replies,
    Ruling,
    Spend,
    Split,
    Step,
    Transcript,
    Trial,
)
from ..errors import StoreError, StoreExists, StoreFull, StoreMissing, translated
from ..records import events
from ..records.events import Happening
from . import codec, recorded, schema, sidefiles
from .connection import Connection, Reading, Writing
from .lock import WriterLock
from .verified import Standing

Clock = Callable[[], float]
What = TypeVar("What", bound=Happening)


class Store:
    """An open run. Safe for use from several threads; one process at a time may write."""

    def __init__(self, path: Path, connection: Connection, lock: WriterLock | None, clock: Clock) -> None:
        self.path = path
        self._connection, self._lock, self._clock = connection, lock, clock
        self._mutex = threading.RLock()
        self._snapshot: sqlite3.Connection | None = None
        self._whole = False
        """Whether all of it was held against what was recorded."""
        self.standing = Standing(path)
        self._heads, self._wrote = {""}, False
        """The chain's last hash, as this writer left it."""

    @classmethod
    def create(cls, path: Path, config: Mapping[str, Any], clock: Clock = time.time) -> Store:
        """A new run. Raises StoreExists, StoreLocked, StoreFull; ValueError if `config` is not JSON.

        The file appears whole, under its name, or not at all.
        """
        text = codec.dumps(config)
        with translated(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            sidefiles.check(path)
            lock = WriterLock(path)
        try:
            if path.exists():
                raise StoreExists(f"{path} exists: resume it, or choose another folder")
            _write_new(path, json.loads(text), clock)
        finally:
            lock.release()
        return cls.open(path, writable=True, clock=clock)

    @classmethod
    def open(cls, path: Path, writable: bool = False, clock: Clock = time.time, whole: bool = True) -> Store:
        """An existing run. Raises StoreMissing, StoreNewer, StoreDamaged and, to write, StoreLocked.

        All of it is held against what was recorded first (`verify`), unless this user has
        opened the very same bytes before (`verified`); with `whole` False only what is read is. Opened to read it takes
        no lock, changes nothing in its folder, and sees what a running writer has committed.
        """
        if not path.is_file():
            raise StoreMissing(f"{path}: {'not a file' if path.exists() else 'no such run'}")
        with translated(path), ExitStack() as undo:
            sidefiles.check(path)
            lock = WriterLock(path) if writable else None
            if lock:
                undo.callback(lock.release)
            store = cls(path, Reading(path), lock, clock)
            undo.callback(lambda: store._connection.close())
            if whole:
                store.standing.hold(store.verify)
                store._whole = True
            if writable:
                store._connection.close()
                store._connection = Writing(path)
                store._heads = {store.head}
            undo.pop_all()
            return store

    def close(self, regular: bool = True) -> None:
        """Idempotent. A writer folds its log into the one file, unless a reader is in the way. At a `regular` end it
        reads all of that once more, so that whoever opens it next need not."""
        with self._mutex:
            if self._lock:
                with suppress(sqlite3.OperationalError):  # the log is as safe where it is
                    self._connection.current().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.close()
            if self._lock:
                try:
                    if regular and self._whole and self._wrote:
                        self._settle()
                finally:
                    self._lock.release()
                    self._lock = None

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        causes = (error, error.__context__ if error else None)
        # Who interrupts is not kept waiting.
        self.close(regular=not any(isinstance(each, KeyboardInterrupt) for each in causes))

    def _settle(self) -> None:
        """Note what is known of the file as it is left: if it is as recorded, and ends with what was written here."""
        with (
            suppress(StoreError),  # what is wrong with it, whoever opens it next is told
            translated(self.path),
            closing(Store(self.path, Reading(self.path), None, self._clock)) as left,
        ):
            self.standing.settle(lambda: left.head in self._heads and not any(left.findings()))

    # --- what a run is ---

    @property
    def config(self) -> dict[str, Any]:
        """As the run was created; it never changes."""
        created = self._events("seq = 1", 0)[0].what
        if not isinstance(created, events.Created):
            raise recorded.damaged(self.path, "event 1 is not what was recorded")
        return dict(created.config)

    @property
    def seed(self) -> str:
        """The program that the run starts from. Raises StoreDamaged when none was recorded."""
        chosen = self.happened(events.SeedChosen)
        with recorded.intact(self.path, "the seed"):
            return chosen[0].program

    @property
    def head(self) -> str:
        """The chain's last hash: it stands for everything recorded so far."""
        with self._guard() as db:
            last_hash = _head(db)
        if not last_hash:
            raise recorded.damaged(self.path, "event 1 is missing")
        return last_hash

    def verify(self) -> None:
        """Raises StoreDamaged, naming the first record that is not as it was recorded."""
        for what in self.findings():
            raise recorded.damaged(self.path, what)

    def findings(self) -> Iterator[str]:
        """All that is not as it was recorded, one line each."""
        from .verify import findings

        with self.snapshot(), self._guard() as db:
            yield from findings(db)

    # --- writing ---

    def record(
        self,
        generation: Generation,
        program: Program | None,
        evaluations: Sequence[Evaluation],
        transcript: Transcript,
        blobs: Sequence[bytes] = (),
    ) -> None:
        """The outcome of one generation with the rulings on its child, whole or not at all.

        `program` is the child's source; None when there is no child or it is known already.
        Raises ValueError when the index is not the next one, `program` is not the child, or the rulings are not
        on this child: a scored one has one at least, any other none.
        """
        data = [] if program is None else [program.to_bytes()]
        log = codec.transcript_bytes(transcript)
        row = codec.to_json(generation) | {"transcript": codec.digest(log)}
        with self._transaction() as db:
            self._check(db, generation, codec.digest(data[0]) if data else None)
            happened = events.GenerationRecorded(
                generation.index, generation.parents, generation.child, generation.outcome
            )
            records = {
                "generations": [row],
                "rulings": [codec.to_json(each) for each in generation.rulings],
                "evaluations": [codec.to_json(each) for each in evaluations],
            }
            _append(db, self._clock(), happened, records, [*data, log, *blobs])

    def rule(self, *rulings: Ruling) -> None:
        """Rule on children that were recorded before, all of these rulings or none. Raises ValueError for a
        generation that has no scored child, and for a ruling that is not made after the last generation."""
        with self._transaction() as db:
            for each in rulings:
                self._check_ruling(db, each)
                happened = events.Ruled(each.generation, each.verdict, each.by)
                _append(db, self._clock(), happened, {"rulings": [codec.to_json(each)]})

    def add_evaluations(self, evaluations: Sequence[Evaluation], blobs: Sequence[bytes] = (), why: str = "") -> None:
        """Scores outside of a generation: held-out and sealed reports. `why` goes to the event."""
        records = {"evaluations": [codec.to_json(e) for e in evaluations]}
        with self._transaction() as db:
            _append(db, self._clock(), events.Reported(why), records, blobs)

    def add_trial(self, evaluation: Evaluation, replies: Replies, blobs: Sequence[bytes]) -> None:
        """One trial of a generation that is recorded when all of them are there, and what its improve was told."""
        log = codec.transcript_bytes(Transcript(trials={evaluation.trial: tuple(replies)}))
        with self._transaction() as db:
            happened = events.TrialScored(codec.digest(log))
            _append(db, self._clock(), happened, {"evaluations": [codec.to_json(evaluation)]}, [log, *blobs])

    def put_program(self, program: Program) -> str:
        """The program's hash, under which `program()` gives it back."""
        return self.put_blob(program.to_bytes())

    def put_blob(self, data: bytes) -> str:
        """The SHA-256 of `data`, under which `blob()` gives it back. Known bytes cost nothing."""
        key = codec.digest(data)
        with self._transaction() as db:
            if not db.execute("SELECT 1 FROM blobs WHERE hash = ?", (key,)).fetchone():
                _append(db, self._clock(), events.BlobStored(), {}, [data])
        return key

    def put_baseline(self, task_version: str, seed: int, start: float, reference: float) -> None:
        """Raises sqlite3.IntegrityError when this instance has one: it is measured once."""
        row = codec.to_json(Baseline(task_version, seed, start, reference))
        with self._transaction() as db:
            _append(db, self._clock(), events.BaselineMeasured(), {"baselines": [row]})

    def put_model_call(self, call: ModelCall, asked: bytes = b"") -> None:
        """Committed at once: a reply that was paid for is never lost. `asked`: the request as it was sent."""
        with self._transaction() as db:
            records = {"model_calls": [codec.to_json(call)]}
            _append(db, self._clock(), events.ModelAnswered(), records, [asked] if asked else [])

    def event(self, what: Happening) -> None:
        """Append to the log something that is no record: started, stopped, a report begun."""
        with self._transaction() as db:
            _append(db, self._clock(), what)

    # --- reading: whatever is not as it was recorded raises StoreDamaged ---

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Whatever is read within is of one moment, though a writer goes on. Nothing can be written within."""
        with self._guard() as db:
            if self._snapshot:
                yield
                return
            try:
                begin(db, "BEGIN")
                self._snapshot = db
                yield
            finally:
                self._snapshot = None
                roll_back(db)

    def program(self, key: str) -> Program:
        """The program recorded under `key`."""
        return recorded.program(self.path, key, self.blob(key))

    def blob(self, key: str) -> bytes:
        """The bytes recorded under `key`: one that is in no record of the run counts as lost."""
        if not isinstance(key, str):  # a record that names none
            raise recorded.damaged(self.path, f"{key!r:.40} names no blob")
        rows = self._rows("SELECT body FROM blobs WHERE hash = ?", key)
        return recorded.blob(self.path, key, rows[0][0] if rows else None)

    def count(self) -> int:
        """How many generations are recorded, the seed's included."""
        return int(self._rows("SELECT count(*) FROM generations")[0][0])

    def generations(self, start: int = 0, end: int | None = None) -> list[Generation]:
        """In order, from number `start` up to `end`, each with the rulings on its child."""
        query = """SELECT e.seq, e.manifest, g.body FROM events e LEFT JOIN generations g ON g.event = e.seq
                   WHERE e.kind = 'generation' ORDER BY e.seq LIMIT ? OFFSET ?"""
        most = -1 if end is None else end - start
        with self.snapshot():
            made = recorded.generations(self.path, self._rows(query, most, start), start)
            within = "generation >= ? AND generation - ? < coalesce(?, generation + 1)"
            return recorded.ruled(self.path, made, self._records("rulings", within, start, 0, end))

    def briefs(self) -> Sequence[Step]:
        """All generations in order, as the loop needs them: at a tenth of the time and the memory. Only a file that
        was held against what was recorded as a whole is read so; of any other all is read and checked."""
        if not self._whole:
            return self.generations()
        with self.snapshot(), self._guard() as db:
            rulings = recorded.opinions(self.path, db.execute("SELECT id, body FROM rulings ORDER BY id"))
            rows = db.execute("SELECT body FROM generations ORDER BY id")
            return recorded.briefs(self.path, rows, rulings)

    def transcript(self, index: int) -> Transcript:
        """What crossed the channel while generation `index` was made. Raises KeyError."""
        query = "SELECT json_extract(body, '$.transcript') FROM generations WHERE number = ?"
        rows = self._rows(query, index)
        if not rows:
            raise KeyError(index)
        return self._transcript(str(rows[0][0]))

    def evaluations(
        self, tree: str | None = None, split: Split | None = None, task: str | None = None
    ) -> list[Evaluation]:
        """All that match, in the order in which they were recorded."""
        given = {"tree": tree, "split": split, "task": task}
        wanted = {column: value for column, value in given.items() if value is not None}
        where = " AND ".join(f"{column} = ?" for column in wanted) or "1"
        return self._records("evaluations", where, *wanted.values())

    def search_scores(self) -> Iterator[tuple[int, str, Trial, float]]:
        """Generation, scaffold, trial and score of all evaluations on the search split, in the order in which they
        were recorded: without all else that is known of them. The seed's trials are its generation's."""
        with self.snapshot(), self._guard() as db:
            numbers = {
                row[0]: number for number, row in enumerate(self._rows("SELECT event FROM generations ORDER BY id"))
            }
            yield from recorded.scores(
                self.path, db.execute("SELECT event, id, body FROM evaluations ORDER BY id"), numbers
            )

    def trials(self) -> list[tuple[Evaluation, Replies]]:
        """Those that `add_trial` recorded, each with what its improve was told."""
        query = """SELECT json_extract(e.body, '$.transcript'), v.id, v.body FROM events e
                   JOIN evaluations v ON v.event = e.seq WHERE e.kind = 'trial' ORDER BY v.id"""
        rows = self._rows(query)
        evaluations = recorded.records(self.path, "evaluations", [row[1:] for row in rows])
        return [(each, self._trial(str(row[0]), each.trial)) for each, row in zip(evaluations, rows, strict=True)]

    def baseline(self, task_version: str, seed: int) -> tuple[float, float] | None:
        """(start, reference) of an instance in the task's own unit, once measured."""
        baselines = self._records("baselines", "task_version = ? AND seed = ?", task_version, seed)
        return (baselines[0].start, baselines[0].reference) if baselines else None

    def baselines(self) -> list[Baseline]:
        """All that were measured, in order."""
        return self._records("baselines", "TRUE")

    def model_calls(self, request: str | None = None) -> list[ModelCall]:
        """In order; those of one request, or all."""
        return self._records("model_calls", "request = ? OR ? IS NULL", request, request)

    def model_spend(self) -> Spend:
        """What all recorded calls to models have cost, without reading what was said."""
        query = """SELECT count(*), coalesce(sum(json_extract(body, '$.tokens')), 0),
                   total(json_extract(body, '$.dollars')) FROM model_calls"""
        [(calls, tokens, dollars)] = self._rows(query)
        return Spend(model_calls=calls, tokens=tokens, dollars=dollars)

    def events(self, after: int = 0) -> list[Event]:
        """The chain, from the event that follows number `after`."""
        return self._events(f"seq > {int(after)}", after)

    def last_event(self) -> Event:
        """The last link of the chain."""
        rows = self._rows("SELECT * FROM events ORDER BY seq DESC LIMIT 1")
        if not rows:
            raise recorded.damaged(self.path, "event 1 is missing")
        return recorded.event(self.path, rows[0])

    def happened(self, *kinds: type[What]) -> list[What]:
        """All that happened of these kinds, in order."""
        names = [name for what, name in events.NAMES.items() if issubclass(what, kinds)]
        marks = ", ".join("?" for _ in names)
        rows = self._rows(f"SELECT * FROM events WHERE kind IN ({marks}) ORDER BY seq", *names)
        return [recorded.event(self.path, row).what for row in rows]  # type: ignore[misc]

    def _trial(self, key: str, trial: Trial) -> Replies:
        told = self._transcript(key).trials
        with recorded.intact(self.path, f"the transcript {key[:12]}"):
            return told[trial]

    def _transcript(self, key: str) -> Transcript:
        log = self.blob(key)
        with recorded.intact(self.path, f"the transcript {key[:12]}"):
            return codec.transcript(log)

    # --- the connection ---

    @contextmanager
    def _guard(self) -> Iterator[sqlite3.Connection]:
        with self._mutex, translated(self.path):
            yield self._snapshot or self._connection.current()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        if not self._lock:
            raise StoreError(f"{self.path} was opened to read")
        with self._guard() as db, transaction(db):
            self._snapshot = None  # one that a signal has left behind
            head = _head(db)
            if head not in self._heads:
                raise recorded.damaged(self.path, "somebody else wrote to it meanwhile")
            yield db
            # A signal may come before the commit or after it: both are ours.
            self._heads, self._wrote = {head, _head(db)}, True

    def _rows(self, query: str, *values: Any) -> list[Any]:
        with self._guard() as db:
            return db.execute(query, values).fetchall()

    def _records(self, table: str, where: str, *values: Any) -> list[Any]:
        rows = self._rows(f"SELECT id, body FROM {table} WHERE {where} ORDER BY id", *values)
        return recorded.records(self.path, table, rows)

    def _events(self, where: str, after: int) -> list[Event]:
        rows = self._rows(f"SELECT * FROM events WHERE {where} ORDER BY seq")
        if not rows and not after:
            raise recorded.damaged(self.path, "event 1 is missing")
        return recorded.events(self.path, rows, after)

    def _check_ruling(self, db: sqlite3.Connection, ruling: Ruling) -> None:
        query = "SELECT outcome, (SELECT max(number) FROM generations) FROM generations WHERE number = ?"
        row = db.execute(query, (ruling.generation,)).fetchone()
        if row is None or row[0] not in RULED:
            raise ValueError(f"generation {ruling.generation} has no scored child to rule on")
        if ruling.after != row[1]:
            raise ValueError(f"a ruling after generation {ruling.after}; the last one is {row[1]}")

    def _check(self, db: sqlite3.Connection, generation: Generation, tree: str | None) -> None:
        (following,) = db.execute("SELECT coalesce(max(number) + 1, 0) FROM generations").fetchone()
        if generation.index != following:
            raise ValueError(f"generation {generation.index} cannot follow {following - 1}")
        if tree is not None and tree != generation.child:
            raise ValueError(f"tree {tree} is not generation {generation.index}'s child {generation.child}")
        known = "SELECT 1 FROM blobs WHERE hash = ?"
        if tree is None and generation.child and not db.execute(known, (generation.child,)).fetchone():
            raise ValueError(f"generation {generation.index}'s child {generation.child} has no tree")
        scored = generation.outcome in RULED
        if bool(generation.rulings) != scored or any(
            (each.generation, each.after) != (generation.index, generation.index) for each in generation.rulings
        ):
            problem = "needs a ruling on its child" if scored else "has no scored child to rule on"
            raise ValueError(f"generation {generation.index} ({generation.outcome}) {problem}")


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


def _head(db: sqlite3.Connection) -> str:
    """The chain's last hash, "" without events."""
    row = db.execute("SELECT hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    return str(row[0]) if row else ""


def _write_new(path: Path, config: dict[str, Any], clock: Clock) -> None:
    """Under another name, which the caller's lock makes ours; then rename."""
    draft = sidefiles.beside(path, ".new")
    try:
        with translated(path):
            sidefiles.remove_drafts(path)
            with closing(Writing(draft)) as made, transaction(made.current()) as db:
                schema.migrate(db, 0)
                _append(db, clock(), events.Created(config))
            draft.rename(path)
    except StoreFull:
        sidefiles.remove_drafts(path)
        raise


def _append(
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
