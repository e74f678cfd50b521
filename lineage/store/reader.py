"""All that can be read of a run's file. Whatever is not as it was recorded raises StoreDamaged."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from godel.contract import Program

from .. import Baseline, Evaluation, Event, Generation, ModelCall, Replies, Spend, Split, Step, Transcript, Trial
from ..errors import translated
from ..records import events
from ..records.events import Happening
from . import chain, codec, recorded
from .connection import Connection

What = TypeVar("What", bound=Happening)
REMARKS = """SELECT DISTINCT value FROM model_calls, json_each(body, '$.remarks')
             WHERE json_extract(body, '$.place') LIKE ? ORDER BY 1"""
REFUSALS = """SELECT json_extract(body, '$.reply.refused'), max(id) FROM model_calls
              WHERE json_extract(body, '$.place') LIKE ? GROUP BY request, json_extract(body, '$.place') ORDER BY 2"""
"""Why each request was refused when it was last asked; NULL: it was answered."""


class Reader:
    """Safe for use from several threads. `whole`: whether all of the file was held against what was recorded."""

    def __init__(self, path: Path, connection: Connection, whole: bool = False) -> None:
        self.path = path
        self._connection, self._whole = connection, whole
        self._mutex = threading.RLock()
        self._snapshot: sqlite3.Connection | None = None

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
            last_hash = chain.head(db)
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

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Whatever is read within is of one moment, though a writer goes on. Nothing can be written within."""
        with self._guard() as db:
            if self._snapshot:
                yield
                return
            try:
                chain.begin(db, "BEGIN")
                self._snapshot = db
                yield
            finally:
                self._snapshot = None
                chain.roll_back(db)

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
            rulings = recorded.brief_rulings(self.path, db.execute("SELECT id, body FROM rulings ORDER BY id"))
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

    def trials(self) -> list[tuple[Evaluation, Replies, str]]:
        """Those that `add_trial` recorded, each with what its improve was told, and the end of what that printed."""
        query = """SELECT json_extract(e.body, '$.transcript'), v.id, v.body FROM events e
                   JOIN evaluations v ON v.event = e.seq WHERE e.kind = 'trial' ORDER BY v.id"""
        rows = self._rows(query)
        evaluations = recorded.records(self.path, "evaluations", [row[1:] for row in rows])
        return [(each, *self._trial(str(row[0]), each.trial)) for each, row in zip(evaluations, rows, strict=True)]

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

    def has_model_replies(self) -> bool:
        """Whether any model has answered."""
        return bool(self._rows("SELECT 1 FROM model_calls WHERE json_type(body, '$.reply') = 'array' LIMIT 1"))

    def model_remarks(self, generation: int | None = None) -> list[str]:
        """What servers of models left out and refused, in words, each once: in a generation, or in the whole run."""
        remarks = self._rows(REMARKS, f"{'%' if generation is None else generation}/%")
        last = self._rows(REFUSALS, f"{'%' if generation is None else generation}/%")
        refused = [why for why, _ in last if why]
        told = f"{len(refused)} request{'s' * (len(refused) != 1)} to a model refused: the scaffold was told why"
        return [str(remark) for (remark,) in remarks] + ([f"{told}, such as: {refused[-1]}"] if refused else [])

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

    def _trial(self, key: str, trial: Trial) -> tuple[Replies, str]:
        told = self._transcript(key)
        with recorded.intact(self.path, f"the transcript {key[:12]}"):
            return told.trials[trial], told.logs.get(trial, "")

    def _transcript(self, key: str) -> Transcript:
        log = self.blob(key)
        with recorded.intact(self.path, f"the transcript {key[:12]}"):
            return codec.transcript(log)

    @contextmanager
    def _guard(self) -> Iterator[sqlite3.Connection]:
        with self._mutex, translated(self.path):
            yield self._snapshot or self._connection.current()

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
