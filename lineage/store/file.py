"""One SQLite file per run: the whole experiment.

What is recorded is never changed. Each transaction appends one event to a hash chain,
and the event's manifest holds the digests of everything recorded with it; so what was
changed afterwards shows (`verify`). Whoever can rewrite the whole file can rewrite the
whole chain: publish `head` to pin a run down.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from godel.contract import Program

from .. import Baseline, Evaluation, Generation, ModelCall, Replies, Ruling, Transcript
from ..errors import StoreError, StoreExists, StoreFull, StoreMissing, translated
from ..records import events
from ..records.events import Happening
from . import chain, checks, codec, recorded, schema, sidefiles
from .connection import Connection, Reading, Writing
from .lock import WriterLock
from .reader import Reader
from .verified import Standing

Clock = Callable[[], float]


class Store(Reader):
    """An open run. Safe for use from several threads; one process at a time may write."""

    def __init__(self, path: Path, connection: Connection, lock: WriterLock | None, clock: Clock) -> None:
        super().__init__(path, connection)
        self._lock, self._clock = lock, clock
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
            checks.check_generation(db, generation, codec.digest(data[0]) if data else None)
            happened = events.GenerationRecorded(
                generation.index, generation.parents, generation.child, generation.outcome
            )
            records = {
                "generations": [row],
                "rulings": [codec.to_json(each) for each in generation.rulings],
                "evaluations": [codec.to_json(each) for each in evaluations],
            }
            chain.append(db, self._clock(), happened, records, [*data, log, *blobs])

    def rule(self, *rulings: Ruling) -> None:
        """Rule on children that were recorded before, all of these rulings or none. Raises ValueError for a
        generation that has no scored child, and for a ruling that is not made after the last generation."""
        with self._transaction() as db:
            for each in rulings:
                checks.check_ruling(db, each)
                happened = events.Ruled(each.generation, each.verdict, each.by)
                chain.append(db, self._clock(), happened, {"rulings": [codec.to_json(each)]})

    def add_evaluations(self, evaluations: Sequence[Evaluation], blobs: Sequence[bytes] = (), why: str = "") -> None:
        """Scores outside of a generation: held-out and sealed reports. `why` goes to the event."""
        records = {"evaluations": [codec.to_json(e) for e in evaluations]}
        with self._transaction() as db:
            chain.append(db, self._clock(), events.Reported(why), records, blobs)

    def add_trial(self, evaluation: Evaluation, replies: Replies, blobs: Sequence[bytes], printed: str = "") -> None:
        """One trial of a generation that is recorded when all of them are there, what its improve was told, and the
        end of what that printed."""
        logs = {evaluation.trial: printed} if printed else {}
        log = codec.transcript_bytes(Transcript(trials={evaluation.trial: tuple(replies)}, logs=logs))
        with self._transaction() as db:
            happened = events.TrialScored(codec.digest(log))
            chain.append(db, self._clock(), happened, {"evaluations": [codec.to_json(evaluation)]}, [log, *blobs])

    def put_program(self, program: Program) -> str:
        """The program's hash, under which `program()` gives it back."""
        return self.put_blob(program.to_bytes())

    def put_blob(self, data: bytes) -> str:
        """The SHA-256 of `data`, under which `blob()` gives it back. Known bytes cost nothing."""
        key = codec.digest(data)
        with self._transaction() as db:
            if not db.execute("SELECT 1 FROM blobs WHERE hash = ?", (key,)).fetchone():
                chain.append(db, self._clock(), events.BlobStored(), {}, [data])
        return key

    def put_baseline(self, task_version: str, seed: int, start: float, reference: float) -> None:
        """Raises sqlite3.IntegrityError when this instance has one: it is measured once."""
        row = codec.to_json(Baseline(task_version, seed, start, reference))
        with self._transaction() as db:
            chain.append(db, self._clock(), events.BaselineMeasured(), {"baselines": [row]})

    def put_model_call(self, call: ModelCall, asked: bytes = b"") -> None:
        """Committed at once: a reply that was paid for is never lost. `asked`: the request as it was sent."""
        with self._transaction() as db:
            records = {"model_calls": [codec.to_json(call)]}
            chain.append(db, self._clock(), events.ModelAnswered(), records, [asked] if asked else [])

    def event(self, what: Happening, blobs: Sequence[bytes] = ()) -> None:
        """Append to the log something that no table holds: started, stopped, a report begun, a gain measured; with it
        the `blobs` that it names."""
        with self._transaction() as db:
            chain.append(db, self._clock(), what, blobs=blobs)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        if not self._lock:
            raise StoreError(f"{self.path} was opened to read")
        with self._guard() as db, chain.transaction(db):
            self._snapshot = None  # one that a signal has left behind
            head = chain.head(db)
            if head not in self._heads:
                raise recorded.damaged(self.path, "somebody else wrote to it meanwhile")
            yield db
            # A signal may come before the commit or after it: both are ours.
            self._heads, self._wrote = {head, chain.head(db)}, True


def _write_new(path: Path, config: dict[str, Any], clock: Clock) -> None:
    """Under another name, which the caller's lock makes ours; then rename."""
    draft = sidefiles.beside(path, ".new")
    try:
        with translated(path):
            sidefiles.remove_drafts(path)
            with closing(Writing(draft)) as made, chain.transaction(made.current()) as db:
                schema.migrate(db, 0)
                chain.append(db, clock(), events.Created(config))
            draft.rename(path)
    except StoreFull:
        sidefiles.remove_drafts(path)
        raise
