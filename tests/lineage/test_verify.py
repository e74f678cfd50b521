"""Whatever is changed in the file afterwards shows, and is named."""

from __future__ import annotations

import sqlite3

import pytest

from godel.lineage import ModelCall
from godel.lineage.analysis.lineage import resolve
from godel.lineage.errors import StoreDamaged
from godel.lineage.records.events import Finished
from godel.lineage.store import Store

TAMPERING = {
    "a score": (
        "UPDATE evaluations SET body = json_set(body, '$.score', 0.99) WHERE id = 7",
        "row 7 of evaluations (event 2) is not what was recorded",
    ),
    "a status": (
        "UPDATE generations SET body = json_set(body, '$.status', 'accepted') WHERE number = 5",
        "generation 5 (event 7) is not what was recorded",
    ),
    "a verdict": (
        "UPDATE rulings SET body = json_set(body, '$.verdict', 'accepted') WHERE id = 2",
        "row 2 of rulings",
    ),
    "what a ruling rests on": (
        "UPDATE rulings SET body = json_set(body, '$.evidence.gain', 9.5) WHERE id = 3",
        "row 3 of rulings",
    ),
    "a ruling away": ("DELETE FROM rulings WHERE id = (SELECT max(id) FROM rulings)", "a row of rulings (event "),
    "a ruling more": (
        "INSERT INTO rulings (event, body) SELECT event, body FROM rulings WHERE id = 2",
        "of rulings (event ",
    ),
    "a ruling of another event": ("UPDATE rulings SET event = 3 WHERE id = 2", "of rulings"),
    "two rulings swapped": (
        "UPDATE rulings SET body = (SELECT body FROM rulings r WHERE r.id = 5 - rulings.id) WHERE id IN (2, 3)",
        "row 2 of rulings",
    ),
    "an evaluation away": ("DELETE FROM evaluations WHERE id = 30", "evaluations"),
    "the last evaluation away": (
        "DELETE FROM evaluations WHERE id = (SELECT max(id) FROM evaluations)",
        "a row of evaluations (event ",
    ),
    "an evaluation more": (
        "INSERT INTO evaluations (event, body) SELECT event, body FROM evaluations WHERE id = 3",
        "evaluations (event 2) is not what was recorded",
    ),
    "an evaluation of another event": ("UPDATE evaluations SET event = 3 WHERE id = 1", "evaluations"),
    "two rows swapped": (
        "UPDATE evaluations SET body = (SELECT body FROM evaluations e WHERE e.id = 3 - evaluations.id) WHERE id < 3",
        "row 1 of evaluations",
    ),
    "a baseline": ("UPDATE baselines SET body = json_set(body, '$.start', 1e9)", "row 1 of baselines"),
    "a model's reply": ("UPDATE model_calls SET body = json_set(body, '$.reply', 'x')", "row 1 of model_calls"),
    "source": ("UPDATE blobs SET body = x'00' WHERE rowid = 1", "blob "),
    "source for other source": (
        "UPDATE blobs SET body = (SELECT body FROM blobs b WHERE b.rowid = 2) WHERE rowid = 1",
        "is not what was recorded",
    ),
    "a blob away": ("DELETE FROM blobs WHERE rowid = 4", "is missing"),
    "a blob more": ("INSERT INTO blobs VALUES ('00', x'00')", "blob 00 was never recorded"),
    "an event's body": ("UPDATE events SET body = '{}' WHERE seq = 4", "event 4 (generation) was changed"),
    "an event's time": ("UPDATE events SET at = at + 1 WHERE seq = 4", "event 4 (generation) was changed"),
    "a manifest": ("UPDATE events SET manifest = '{}' WHERE seq = 4", "event 4 (generation) was changed"),
    "the config": ("UPDATE events SET body = '{\"seed\":2}' WHERE seq = 1", "event 1 (created) was changed"),
    "an event away": ("DELETE FROM events WHERE seq = 5", "event 5 is missing"),
    "the first event away": ("DELETE FROM events WHERE seq = 1", "event 1 is missing"),
    "the last event away": ("DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)", "is missing"),
    "a whole generation away": (
        "DELETE FROM evaluations WHERE event = 81; DELETE FROM generations WHERE event = 81;"
        "DELETE FROM events WHERE seq >= 81",
        "event 81 is missing",
    ),
}


def tamper(store: Store, script: str) -> None:
    """As anybody with the sqlite3 shell could."""
    store.close()
    db = sqlite3.connect(store.path)
    db.executescript(script)
    db.close()


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_shows(grown: Store, what: str) -> None:
    grown.put_baseline("v", 1, 0.0, 1.0)
    grown.put_model_call(ModelCall("r", "reply"))
    grown.event(Finished())
    grown.verify()
    script, named = TAMPERING[what]
    tamper(grown, script)
    for writable in (False, True):
        with pytest.raises(StoreDamaged) as caught:
            Store.open(grown.path, writable=writable)
        assert named in str(caught.value)
        assert str(grown.path) in str(caught.value)
    with Store.open(grown.path, whole=False) as changed:
        assert named in " ".join(changed.findings())


def test_source_that_was_changed_is_not_handed_out(grown: Store) -> None:
    key = resolve(grown, "seed")
    tamper(grown, f"UPDATE blobs SET body = x'00' WHERE hash = '{key}'")
    with Store.open(grown.path, whole=False) as changed, pytest.raises(StoreDamaged, match=key[:12]):
        changed.program(key)


def test_the_head_stands_for_everything_recorded_so_far(grown: Store) -> None:
    """Who rewrites the whole chain passes `verify`, but ends at another head."""
    assert grown.head == grown.events()[-1].hash
    before = {event.hash for event in grown.events()}
    grown.event(Finished())
    assert grown.head not in before
