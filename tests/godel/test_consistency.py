"""A record that was changed, and with it the whole chain, so that every digest fits: what does not follow from
the other records under the run's own settings is named, without a sandbox, and not gone on from."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command import complaint, godel
from runs import proceed, small_run, tier_or_skip

from godel.lineage.store import Store, codec
from godel.loop.run_folder import FILE, create

pytestmark = pytest.mark.bubblewrap
Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real run, in which something was scored besides the seed."""
    folder = tmp_path_factory.mktemp("made") / "run"
    create(folder, small_run(tier_or_skip("bubblewrap"), acceptance="any", generations=6))
    proceed(folder)
    with Store.open(folder / FILE) as store:
        assert any(each.gain is not None for each in store.generations())
    return folder


def rechained(file: Path, table: str, where: str, change: Change) -> None:
    """The first row of `table` that fits, changed; every digest and every link made anew."""
    db = sqlite3.connect(file)
    number, event, body = db.execute(f"SELECT id, event, body FROM {table} WHERE {where} ORDER BY id").fetchone()
    data = json.loads(body)
    change(data)
    db.execute(f"UPDATE {table} SET body = ? WHERE id = ?", (codec.dumps(data), number))
    (manifest,) = db.execute("SELECT manifest FROM events WHERE seq = ?", (event,)).fetchone()
    now = manifest.replace(codec.digest(body), codec.digest(codec.dumps(data)))
    db.execute("UPDATE events SET manifest = ? WHERE seq = ?", (now, event))
    last = ""
    for seq, at, kind, text, held in db.execute("SELECT seq, at, kind, body, manifest FROM events ORDER BY seq"):
        link = codec.link(seq, at, kind, text, held, last)
        db.execute("UPDATE events SET previous = ?, hash = ? WHERE seq = ?", (last, link, seq))
        last = link
    db.commit()
    db.close()


CHANGES: dict[str, tuple[str, str, Change, str]] = {
    "a score": ("evaluations", "1", lambda row: row.update(score=9.5), "its score 9.5 does not follow from its value"),
    "a failure's score": ("evaluations", "1", lambda row: row.update(value=None), "does not follow from its value"),
    "another task": ("evaluations", "1", lambda row: row.update(task="other"), "no such task in this run"),
    "a baseline": ("baselines", "1", lambda row: row.update(start=row["start"] * 1.01), "and the baselines"),
    "a gain": ("rulings", "1", lambda row: row["evidence"].update(gain=0.75), "its gain (gain) 0.75 does not follow"),
    "a bound": ("rulings", "1", lambda row: row["evidence"].update(low=0.5), "its gain (low) 0.5 does not follow"),
    "a status": ("rulings", "1", lambda row: row.update(verdict="rejected"), "its status rejected does not"),
    "who ruled": (
        "rulings",
        "1",
        lambda row: row.update(by="acceptance:strict"),
        "is neither a policy of this run nor",
    ),
    "when it was ruled": ("rulings", "1", lambda row: row.update(after=99), "not in the order in which they can"),
    "no ruling": ("rulings", "1", lambda row: row.update(generation=0), "the rulings on generation 0"),
    "a parent": ("generations", "number = 1", lambda row: row.update(parents=["0" * 64]), "was not kept before it"),
    "a proposer": ("generations", "number = 1", lambda row: row.update(proposer="0" * 64), "is not the one that"),
    "a seed": ("generations", "number = 1", lambda row: row.update(seed=1), "its seed does not follow"),
    "the seed's child": ("generations", "number = 0", lambda row: row.update(parents=["0" * 64]), "not the run's seed"),
}


def test_an_honest_run_holds(made: Path) -> None:
    done = godel("verify", made, "--json", cwd=made.parent)
    assert done.returncode == 0, done.stdout
    facts = json.loads(done.stdout)
    assert facts["verified"] and facts["findings"] == [] and len(facts["head"]) == 64
    assert "is as it was recorded" in godel("verify", made, cwd=made.parent).stdout


@pytest.mark.parametrize("what", CHANGES)
def test_what_does_not_follow_is_named_and_not_gone_on_from(made: Path, tmp_path: Path, what: str) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "run"))
    table, where, change, named = CHANGES[what]
    rechained(folder / FILE, table, where, change)
    with Store.open(folder / FILE):
        pass  # every digest fits
    done = godel("verify", "run", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert named in done.stdout.splitlines()[0], done.stdout
    gone_on = godel("resume", "run", "--generations", "9", cwd=tmp_path)
    assert gone_on.returncode == 2 and named in complaint(gone_on)
