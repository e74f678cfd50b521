"""A run in which somebody changed or lost a record: reading it names the record, in one line."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command import recorded_run
from made import generation

from godel.contract import Edit, Program
from godel.contract.limits import PROGRAM_BYTES
from godel.lineage import Evaluation, Generation, Judged, Spend, Split, Status, Transcript
from godel.lineage.analysis import credit
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.errors import StoreDamaged
from godel.lineage.records.events import Finished, ReportBegun, SealOpened, SeedChosen
from godel.lineage.store import Store, codec, connection, recorded
from godel.lineage.store.decode import decoder
from godel.lineage.views import export, html, tree
from godel.loop.run_folder import FILE

CHANGE = "UPDATE {table} SET body = json_set(body, '$.{field}', {value}) WHERE id = 4"


def change(table: str, field: str, value: str) -> str:
    return CHANGE.format(table=table, field=field, value=value)


DAMAGE = {
    "a generation emptied": ("UPDATE generations SET body = '{}' WHERE number = 2", "generation 2 (event "),
    "a generation away": ("DELETE FROM generations WHERE number = 2", "generation 2 (event "),
    "the last generation away": ("DELETE FROM generations WHERE number = 3", "generation 3 (event "),
    "every generation away": ("DELETE FROM generations", "generation 0 (event "),
    "an unknown outcome": (change("generations", "outcome", "'weird'"), "generation 3 (event "),
    "another outcome": (
        "UPDATE generations SET body = json_set(body, '$.outcome', 'failed') WHERE id = 1",
        "generation 0 (event ",
    ),
    "a parent that is no node": (change("generations", "parents[0]", "'abcd'"), "generation 3 (event "),
    "a table away": ("DROP TABLE evaluations", "no such table: evaluations"),
    "an evaluation emptied": ("UPDATE evaluations SET body = '{}' WHERE id = 4", "row 4 of evaluations"),
    "an unknown split": (change("evaluations", "split", "'weird'"), "row 4 of evaluations"),
    "a ruling emptied": ("UPDATE rulings SET body = '{}' WHERE id = 2", "row 2 of rulings"),
    "another verdict": (change("rulings", "verdict", "'accepted'").replace("id = 4", "id = 2"), "row 2 of rulings"),
    "an unknown verdict": (change("rulings", "verdict", "'weird'").replace("id = 4", "id = 2"), "row 2 of rulings"),
    "a ruling of nobody": (change("rulings", "by", "null").replace("id = 4", "id = 2"), "row 2 of rulings"),
    "a ruling on another child": (
        change("rulings", "generation", "3").replace("id = 4", "id = 2"),
        "row 2 of rulings",
    ),
    "a ruling of later": (change("rulings", "after", "99").replace("id = 4", "id = 2"), "row 2 of rulings"),
    "a ruling away": ("DELETE FROM rulings WHERE id = 2", "a row of rulings (event "),
    "every ruling away": ("DELETE FROM rulings", "a row of rulings (event "),
    "a score that is text": (change("evaluations", "score", "'high'"), "row 4 of evaluations"),
    "a score that is none": (change("evaluations", "score", "null"), "row 4 of evaluations"),
    "a field more": (change("evaluations", "mark", "1"), "row 4 of evaluations"),
    "text that is none": ("UPDATE evaluations SET body = CAST(x'22ff22' AS TEXT) WHERE id = 4", ""),
    "the config": ("UPDATE events SET body = '{}' WHERE seq = 1", "event 1 (created)"),
    "the seed's event away": ("DELETE FROM events WHERE kind = 'seed'", "event 3 is missing"),
    "a scaffold's source away": (
        "DELETE FROM blobs WHERE hash = (SELECT child FROM generations WHERE number = 1)",
        "blob ",
    ),
    "a transcript away": (
        "DELETE FROM blobs WHERE hash = (SELECT json_extract(body, '$.transcript') FROM generations WHERE number = 1)",
        "blob ",
    ),
    "the first event away": ("DELETE FROM events WHERE seq = 1", "event 1 is missing"),
}


def damage(file: Path, script: str) -> None:
    db = sqlite3.connect(file)
    db.executescript(script)
    db.close()


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return recorded_run(tmp_path / "run")


def look(store: Store) -> None:
    """All that a user can look at."""
    lineage = Lineage.of(store)
    assert store.seed == lineage.generations[0].child
    assert all(store.transcript(made.index) == Transcript() for made in lineage.generations)
    tree.text(tree.rows(lineage))
    credit.edits(lineage), credit.operators(lineage)
    for form in (export.as_json, export.as_graphml, export.as_dot, html.page):
        assert list(form(lineage))


@pytest.mark.parametrize("what", DAMAGE)
def test_a_record_that_is_not_as_it_was_is_named_in_one_line(run: Path, what: str) -> None:
    script, named = DAMAGE[what]
    damage(run / FILE, script)
    with pytest.raises(StoreDamaged) as caught, Store.open(run / FILE) as store:
        look(store)
    assert named in str(caught.value) and str(run) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_was_recorded_is_read(run: Path) -> None:
    with Store.open(run / FILE) as store:
        look(store)


def test_a_run_without_a_seed_is_damaged(store: Store) -> None:
    with pytest.raises(StoreDamaged, match="the seed is not what was recorded"):
        assert store.seed
    store.event(SeedChosen("abc"))
    assert store.seed == "abc"


WHOLE = Evaluation("t", "task", "v", Split.SEARCH, 1, 0.5, 1e200, None, "p", flags=("x",), judged=(Judged(1e300, 2.0),))
ODD: dict[str, dict[str, Any]] = {
    "a score that can't be added up": {"score": 1e308},
    "no number": {"score": float("nan")},
    "a list for seconds": {"spend": Spend(cpu_s=json.loads("[]"))},
    "seconds without an end": {"spend": Spend(cpu_s=1e200)},
    "flags that are no words": {"flags": (1, None)},
    "a truth for a number": {"seed": True},
}


def plain(record: codec.Record) -> Any:
    """As it is read from a file."""
    return json.loads(json.dumps(codec.to_json(record)))


@pytest.mark.parametrize("what", ODD)
def test_a_record_is_looked_into(what: str) -> None:
    """A chain that somebody made anew holds, and yet no reader may meet what no run records."""
    read = decoder(Evaluation)
    assert read(plain(WHOLE)) == WHOLE
    with pytest.raises(ValueError):
        read(plain(replace(WHOLE, **ODD[what])))


def test_an_edit_is_looked_into() -> None:
    made = generation(1, "a", "b", "c", Status.ACCEPTED, edits=(Edit("name", "t", "x", "y"),))
    read = decoder(Generation)
    assert read(plain(made)) == replace(made, rulings=())
    with pytest.raises(ValueError):
        odd: Any = Edit(*json.loads("[1, null, {}, []]"))
        read(plain(replace(made, edits=(odd,))))


def rewritten(file: Path, body: str, seq: int = 2) -> None:
    """An event, the last one, says `body`, and its hash fits."""
    db = sqlite3.connect(file)
    row = db.execute("SELECT at, kind, manifest, previous FROM events WHERE seq = ?", (seq,)).fetchone()
    at, kind, manifest, previous = row
    link = codec.link(seq, at, kind, body, manifest, previous)
    db.execute("UPDATE events SET body = ?, hash = ? WHERE seq = ?", (body, link, seq))
    db.commit()
    db.close()


def test_an_event_that_is_no_table_is_damage(tmp_path: Path) -> None:
    with Store.create(tmp_path / FILE, {}) as store:
        odd: Any = [1]
        with pytest.raises(ValueError, match="could not be read again"):
            store.event(SealOpened(odd))
        store.event(Finished())
    rewritten(tmp_path / FILE, "[1]")
    with pytest.raises(StoreDamaged, match="event 2"), Store.open(tmp_path / FILE) as store:
        store.events()


def test_a_report_that_was_stopped_is_marked(grown: Store) -> None:
    seed = grown.generations()[0].child
    assert seed
    scored = grown.evaluations(tree=seed, split=Split.SEARCH)
    trials = tuple((each.task, each.seed) for each in scored)
    grown.event(ReportBegun(Split.SEALED, trials))
    grown.add_evaluations([replace(each, split=Split.SEALED) for each in scored[:-1]])
    assert Lineage.of(grown).nodes[seed].partial == {Split.SEALED}
    grown.add_evaluations([replace(scored[-1], split=Split.SEALED)])
    assert Lineage.of(grown).nodes[seed].partial == set()


def test_a_configuration_is_read_up_to_a_bound(tmp_path: Path) -> None:
    """It comes first, before anything of the run is known."""
    great = {"x": "y" * codec.MOST_CONFIG}
    with pytest.raises(ValueError, match="could not be read again"):
        Store.create(tmp_path / "new.db", great)
    Store.create(tmp_path / FILE, {}).close()
    rewritten(tmp_path / FILE, codec.dumps({"config": great}), 1)
    with pytest.raises(StoreDamaged, match=r"event 1 \(created\)"), Store.open(tmp_path / FILE) as store:
        assert store.config


def test_a_seed_is_read_up_to_a_bound(tmp_path: Path) -> None:
    with Store.create(tmp_path / FILE, {}) as store:
        honest = Program({"main.py": "é" * (PROGRAM_BYTES // 2)})
        assert store.program(store.put_program(honest)) == honest
        great = store.put_program(Program({"main.py": "x" * recorded.MOST_PROGRAM}))
        with pytest.raises(StoreDamaged, match=f"the program {great[:12]}"):
            store.program(great)


def test_a_value_is_read_up_to_a_bound(grown: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What SQLite itself would make of it in memory."""
    grown.close()
    monkeypatch.setattr(connection, "MOST_VALUE", 500)
    with (
        pytest.raises(StoreDamaged, match="a value too great to be read") as caught,
        Store.open(grown.path, whole=False) as store,
    ):
        store.generations()
    assert "\n" not in str(caught.value)
