"""40: a source that parses and can't be dumped, hashed, shown or walked. The gate refuses it with its reason, in
a moment; what is recorded of it can be read by everybody."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from hostile import IMPROVE, NUMBERS, PARENT, SOURCES, gated
from made import generation
from runs import NoWorkspace

from godel.contract import Program
from godel.contract.fingerprints import fingerprints
from godel.gate import Proposal
from godel.gate.contract import Contract
from godel.gate.duplicate import normalised
from godel.gate.parses import Parses
from godel.gate.smoke import ToyUtility
from godel.lineage import Evaluation, Split, Status, Transcript
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.store import Store
from godel.lineage.views import export, html, tree
from godel.lineage.views import text as views

FINE = {"a complex one", "blocks in blocks", "a bad escape", "an f-string in an f-string"}


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_that_cant_be_read_is_refused_in_a_moment(name: str) -> None:
    child, started = Program({"main.py": SOURCES[name]}), time.process_time()
    refusal = gated(child)
    assert (refusal is None) is (name in FINE), refusal
    assert refusal is None or (refusal.rung != "duplicate" and 5 < len(refusal.reason) < 300)
    assert time.process_time() - started < 5.0, "half a minute, before"


@pytest.mark.slow
@pytest.mark.parametrize("name", SOURCES)
def test_every_source_has_a_shape_and_fingerprints(name: str) -> None:
    assert len(normalised(Program({"main.py": SOURCES[name]}))) == 64
    assert isinstance(fingerprints(SOURCES[name]), dict)


def test_an_entry_file_of_another_kind_is_parsed_too() -> None:
    refusal = gated(Program({"main.txt": "def ("}, "main.txt"), Program({"main.txt": IMPROVE}, "main.txt"))
    assert refusal is not None and refusal.rung in ("editable", "parses")
    alone = Proposal(Program({"a": "def ("}, "a"), PARENT, ("a",), set(), NoWorkspace())  # type: ignore[arg-type]
    assert "does not parse" in Parses().refuse(alone) and "does not parse" in Contract().refuse(alone)


@pytest.mark.parametrize("number", NUMBERS, ids=[each[:12] for each in NUMBERS])
def test_a_toy_with_an_odd_number_has_a_score(number: str) -> None:
    score = ToyUtility()(Program({"main.py": f"WIDTH = {number}\nDEPTH = 5\nRATE = 0.5\n"}))
    assert -1000 < score <= 1.0


def test_a_record_never_makes_its_own_run_unreadable(tmp_path: Path) -> None:
    """Every such child, recorded as refused and, worse, as accepted: all that reads a run still reads this one."""
    with Store.create(tmp_path / "run.sqlite", {}) as store:
        seed = Program(PARENT.files, "main.py")
        store.record(generation(0, None, PARENT.digest, None, Status.SEED), seed, [scored(PARENT.digest)], Transcript())
        for index, text in enumerate(SOURCES.values(), 1):
            child = Program({"main.py": text})
            status = Status.REFUSED if index % 2 else Status.ACCEPTED
            made = generation(index, PARENT.digest, child.digest, PARENT.digest, status, shape=normalised(child))
            store.record(made, Program(child.files, "main.py"), [scored(child.digest)], Transcript())
    with Store.open(tmp_path / "run.sqlite") as store:
        assert len(Lineage.growing(store).shapes()) > 20, "comments don't count"
        lineage = Lineage.of(store)
        for key in lineage.nodes:
            assert views.show_text(views.show(lineage, key))
            views.diff(lineage, PARENT.digest, key)
        assert tree.text(tree.rows(lineage, dead_ends=True))
        assert len(html.page(lineage)) < 2_000_000
        assert list(export.as_json(lineage)) and export.as_dot(lineage) and export.as_graphml(lineage)
        store.verify()


def scored(key: str) -> Evaluation:
    return Evaluation(key, "t", "v", Split.SEARCH, 0, 0.5, 0.5, None, "p")


def test_what_could_not_be_read_again_is_never_written(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run.sqlite", {}) as store:
        seed = Program(PARENT.files, "main.py")
        odd = replace(scored(PARENT.digest), score=True, flags=("flag",))
        with pytest.raises(ValueError, match="could not be read again"):
            store.record(generation(0, None, PARENT.digest, None, Status.SEED), seed, [odd], Transcript())
        assert store.generations() == [] and store.evaluations() == []
        store.record(generation(0, None, PARENT.digest, None, Status.SEED), seed, [scored(PARENT.digest)], Transcript())
        store.verify()
