"""imp@k: measured directly, recorded in the run's file, never twice, and on tasks that no run may search on."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command import complaint, godel, start

import godel as front
from godel.errors import ConfigError
from godel.lineage.analysis.imp import Measurement, measurements
from godel.lineage.records.events import Measured, MeasuringBegun
from godel.lineage.store import Store, codec
from godel.loop.open_run import inconsistencies
from godel.loop.run_folder import FILE
from godel.sandbox import Tier

pytestmark = pytest.mark.bubblewrap

KNOBS = ("micro_knobs",)
CONSTANT = '''"""Hands in what it is given."""


def improve(program, utility, model, rng):
    return program
'''


def asked(*nodes: str, calls: int = 12, pairs: int = 2, **more: tuple[str, ...]) -> front.Asked:
    return front.Asked(nodes=nodes, calls=calls, pairs=pairs, **{"on": KNOBS, **more})


def recorded(folder: Path) -> list[Measured]:
    with Store.open(folder / FILE) as store:
        return store.happened(Measured)


def means(measured: Measurement) -> dict[int | None, float]:
    return {each.generation: each.mean.mean for each in measured.scaffolds}


def test_it_tells_a_better_improver_from_a_worse_one(planted: Path) -> None:
    found = front.imp(planted, asked("seed", "g1", "g2", "best", calls=40, pairs=3))
    gains = means(found)
    assert gains[0] < gains[1] == gains[2] < gains[5], "the worthy edits, and not the worthless one"
    over = {each.generation: each.over_seed for each in found.scaffolds}
    assert over[0] is None and over[1] and over[1].low > 0
    assert all(each.spend.evaluations == 3 * 41 for each in found.scaffolds), "k calls, and one fresh score"


def test_without_a_node_it_is_the_main_line(planted: Path) -> None:
    assert [*means(front.imp(planted, asked(calls=2, pairs=1)))] == [0, 1, 2, 3, 4, 5]


def test_it_measures_on_what_no_run_may_search_on(planted: Path) -> None:
    found = front.imp(planted, asked("seed", calls=2, pairs=1, on=("weak_improver:reserved",)))
    assert {*found.targets} == {"weak_bandit", "weak_pattern", "weak_population", "weak_tabu"}
    (seed,) = found.scaffolds
    assert {*seed.targets} == {*found.targets} and seed.mean.pairs == 4, "each target counts once"


def test_a_searcher_stands_beside_scaffolds(planted: Path) -> None:
    """Paired on the same instances, by as many calls; recorded, and verified, as they are."""
    found = front.imp(planted, asked("seed", calls=20, pairs=2, others=("random_search", "tpe")))
    assert [each.name for each in found.scaffolds] == ["g0", "random_search", "tpe"]
    assert all(each.spend.evaluations == 2 * 21 and not each.failures for each in found.scaffolds)
    assert found.scaffolds[1].mean.mean > 0.0 < found.scaffolds[2].mean.mean
    again = front.imp(planted, asked("seed", calls=20, pairs=2, others=("random_search", "tpe")))
    assert again == found
    with Store.open(planted / FILE) as store:
        assert not list(inconsistencies(planted, store))


def test_what_is_recorded_is_never_measured_again(planted: Path) -> None:
    front.imp(planted, asked("seed", "g1"))
    before = recorded(planted)
    front.imp(planted, asked("seed", "g1"))
    assert recorded(planted) == before and len(before) == 4
    front.imp(planted, asked("seed", pairs=3))
    assert [each.evaluation.seed for each in recorded(planted)[4:]] == [2]
    front.imp(planted, asked("seed", calls=13))
    assert [each.calls for each in recorded(planted)[5:]] == [13, 13]


def test_a_tier_makes_no_difference(any_tier: Tier, planted: Path, tmp_path: Path) -> None:
    """The same gains on each, to the last digit."""
    copy = Path(shutil.copytree(planted, tmp_path / "copy"))
    here = front.imp(planted, asked("seed", "g1"), sandbox=any_tier.name)
    assert here.gains == front.imp(copy, asked("seed", "g1"), sandbox="bubblewrap").gains
    assert {each.evaluation.tier for each in recorded(planted)} == {any_tier.name}


def test_a_scaffold_from_outside_stands_beside_them(planted: Path, tmp_path: Path) -> None:
    folder = tmp_path / "constant"
    folder.mkdir()
    (folder / "main.py").write_text(CONSTANT)
    (folder / "scaffold.toml").write_text('name = "constant"\neditable = ["main.py"]\n')
    found = front.imp(planted, asked("g1", others=(str(folder),)))
    other = next(each for each in found.scaffolds if each.generation is None)
    assert (other.name, other.mean[:3]) == (str(folder), (0.0, 0.0, 0.0)), "the initial program is worth 0"
    with Store.open(planted / FILE) as store:
        assert store.program(other.node).files == {"main.py": CONSTANT}


def test_an_improve_that_fails_counts_as_a_failure(planted: Path, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "main.py").write_text(CONSTANT.replace("return program", "raise RuntimeError('no')"))
    (folder / "scaffold.toml").write_text('name = "broken"\neditable = ["main.py"]\n')
    found = front.imp(planted, asked("seed", others=(str(folder),)))
    _, broken = found.scaffolds
    assert (broken.mean.mean, broken.failures) == (-1.0, 2)


def test_the_file_is_verified_with_what_was_measured(planted: Path) -> None:
    front.imp(planted, asked("g1"))
    with Store.open(planted / FILE, whole=False) as store:
        assert not [*store.findings()] and not [*inconsistencies(planted, store)]


def test_a_gain_that_was_changed_shows(planted: Path) -> None:
    """Also to somebody who made the whole chain anew."""
    front.imp(planted, asked("g1"))
    forge(planted / FILE)
    with Store.open(planted / FILE, whole=False) as store:
        assert not [*store.findings()]
        (line,) = inconsistencies(planted, store)
    assert line.startswith("measurement 2 (micro_knobs seed 1): its score 0.9 does not follow from its value")


def forge(file: Path) -> None:
    """The last gain is 0.9, and the chain says so."""
    db = sqlite3.connect(file)
    [(seq, at, kind, body, manifest, previous)] = db.execute(
        "SELECT seq, at, kind, body, manifest, previous FROM events WHERE kind = 'measured' ORDER BY seq DESC LIMIT 1"
    )
    what = json.loads(body)
    changed = codec.dumps({**what, "evaluation": {**what["evaluation"], "score": 0.9}})
    link = codec.link(seq, at, kind, changed, manifest, previous)
    db.execute("UPDATE events SET body = ?, hash = ? WHERE seq = ?", (changed, link, seq))
    db.commit()
    db.close()


def test_a_killed_measurement_goes_on_where_it_was(planted: Path, tmp_path: Path) -> None:
    """To the same gains as one that nobody killed, with nothing measured twice."""
    whole = Path(shutil.copytree(planted, tmp_path / "whole"))
    words = ("imp", planted, "seed", "g1", "--k", "12", "--pairs", "3", "--on", "micro_knobs")
    process = start(*words, cwd=tmp_path)
    while not recorded(planted):
        assert process.poll() is None, process.communicate()
    process.kill()
    process.communicate()
    done = len(recorded(planted))
    assert 0 < done < 6, "killed in the middle"
    again = godel(*words, "--json", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    expected = front.imp(whole, asked("seed", "g1", pairs=3))
    assert json.loads(again.stdout)["gains"] == json.loads(json.dumps(expected.gains))
    assert len(recorded(planted)) == 6


def test_stopped_it_says_how_to_go_on(planted: Path, tmp_path: Path) -> None:
    process = start("imp", planted, "seed", "--k", "40", "--pairs", "50", "--on", "micro_knobs", cwd=tmp_path)
    while not recorded(planted):
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    said = process.communicate()[1].strip().splitlines()[-1]
    assert process.returncode == 130
    assert "; to go on: " in said and said.endswith(f"imp {planted} seed --on micro_knobs --k 40 --pairs 50"), said


def test_two_may_not_measure_one_run_at_a_time(planted: Path, tmp_path: Path) -> None:
    with Store.open(planted / FILE, writable=True):
        done = godel("imp", planted, "seed", "--k", "2", "--pairs", "1", "--on", "micro_knobs", cwd=tmp_path)
    assert done.returncode == 2 and "process" in complaint(done)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--on", "weak_improvr"), "unknown task or suite 'weak_improvr'; did you mean weak_improver"),
        (("g77",), "no generation 77: this run has 0 to 5"),
        (("--scaffold", "mutatoin"), "unknown scaffold 'mutatoin'; did you mean mutation"),
        (("--scaffold", "stop"), "--scaffold stop: needs a language model, and this run has none"),
        (("--k", "0"), "--k: expected a whole number from 1 to 1,000,000; given: '0'"),
    ],
)
def test_what_cannot_be_measured_is_one_line(words: tuple[str, ...], says: str, planted: Path, tmp_path: Path) -> None:
    done = godel("imp", planted, *words, cwd=tmp_path)
    assert done.returncode == 2 and says in complaint(done)
    assert not recorded(planted)


@pytest.mark.parametrize("wrong", [{"calls": 0}, {"pairs": True}, {"on": "maxcut"}, {"nodes": (5,)}])
def test_a_program_that_asks_for_nonsense_is_told(wrong: Any) -> None:
    with pytest.raises(ConfigError, match=f"^{next(iter(wrong))}: expected .*; given: "):
        front.Asked(**wrong)


def test_a_table_for_people(planted: Path, tmp_path: Path) -> None:
    words = ("imp", planted, "seed", "g1", "--k", "12", "--pairs", "2", "--on", "micro_knobs", "--on", "micro_weights")
    done = godel(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split()[:3] == ["imp@12", "mean", "(95"] and lines[1].startswith("g0 ")
    assert [line.split()[0] for line in lines[2:4]] == ["micro_knobs", "micro_weights"]
    assert "12 of 8 measured" not in done.stderr and "8 of 8 measured" in done.stderr


def test_half_a_measurement_is_no_mean(planted: Path) -> None:
    """What was not measured on every target is not compared with what was."""
    front.imp(planted, asked("seed", on=(*KNOBS, "micro_weights")))
    with Store.open(planted / FILE, writable=True) as store:
        begun = store.happened(MeasuringBegun)[-1]
        only = next(each for each in store.happened(Measured) if each.evaluation.task == "micro_knobs")
        child = store.generations()[1].child or ""
        store.event(begun)
        store.event(Measured(only.calls, replace(only.evaluation, tree=child)))
    with front.open_run(planted) as run:
        (found,) = measurements(run.lineage)
    assert [each.generation for each in found.scaffolds] == [0]
