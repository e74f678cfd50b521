"""Planted self-edits, one of each sort, get the credit that they are due: in place, taken back, alone, and in pairs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from command import complaint, godel, start
from planted import CALLED, CHANGED, UNUSED, WORTHLESS, WORTHY

import godel as front
from godel.credit.edits import cost
from godel.credit.measuring import Plan
from godel.lineage import Evaluation, Split
from godel.lineage.analysis.account import Account, account
from godel.lineage.analysis.worth import NOT_MEASURED, EditWorth, Epistasis, Worth
from godel.lineage.records.events import Measured, MeasuringBegun, Separated, Separation, Target
from godel.lineage.store import Store
from godel.loop.open_run import inconsistencies
from godel.loop.run_folder import FILE
from godel.tasks import load

pytestmark = pytest.mark.bubblewrap

ASKED = front.Asked(calls=40, pairs=3, on=("micro_knobs",))
ALIKE = (0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def measured(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(original, tmp_path_factory.mktemp("measured") / "run"))
    front.experiment(folder, ASKED)
    return folder


@pytest.fixture(scope="module")
def found(measured: Path) -> Account:
    with front.open_run(measured) as run:
        return account(run.lineage)


@pytest.fixture(scope="module")
def edits(found: Account) -> Mapping[int, EditWorth]:
    return {each.generation: each for each in worth(found).edits}


def worth(found: Account) -> Worth:
    (only,) = found.experiments
    return only.worth


def pair(found: Account, *edits: int) -> Epistasis:
    return next(each for each in worth(found).pairs if each.edits == edits)


def test_the_worthy_edit_is_worth_something_wherever_it_is_tried(edits: Mapping[int, EditWorth]) -> None:
    worthy = edits[WORTHY]
    for effect in (worthy.in_place, worthy.knock_out, worthy.transplant):
        assert effect.worth and effect.worth.low > 0.0 and not effect.problem
    assert worthy.in_place.worth == worthy.transplant.worth, "it was the first: alone it is what it was in place"
    assert worthy.knock_out.worth.mean > worthy.in_place.worth.mean, "later edits multiply what it gave"  # type: ignore[union-attr]
    assert (worthy.transplant.within, worthy.knock_out.within) == (0, CHANGED), "in the seed, and in the best"


def test_the_worthless_one_is_worth_exactly_nothing(edits: Mapping[int, EditWorth]) -> None:
    worthless = edits[WORTHLESS]
    for effect in (worthless.in_place, worthless.knock_out, worthless.transplant):
        assert effect.worth and effect.worth[:3] == ALIKE


def test_what_cannot_be_separated_is_said_with_why(edits: Mapping[int, EditWorth]) -> None:
    """By the merge, where a later edit changed the same thing; by the gate, where something else is missing then."""
    called, unused = edits[CALLED], edits[UNUSED]
    assert called.knock_out.problem == "both sides changed `bold(STEP)`, one to `bold(STEP) * 3.0`"
    assert called.transplant.problem.startswith("the gate refuses it: smoke: fails on a toy program")
    assert "'bold' is not defined" in called.transplant.problem
    assert "'bold' is not defined" in unused.knock_out.problem, "who takes the function away breaks its caller"
    assert called.knock_out.worth is called.transplant.worth is unused.knock_out.worth is None
    assert called.in_place.worth and called.in_place.worth.low > 0.0, "in place it is known all the same"


def test_the_last_edit_is_taken_back_by_its_parent(edits: Mapping[int, EditWorth]) -> None:
    last = edits[CHANGED]
    assert last.knock_out.worth == last.in_place.worth and last.in_place.worth
    assert last.transplant.problem == "both sides changed `bold(STEP)`, one to `STEP`"


def test_pairs_say_what_helps_what(found: Account) -> None:
    assert pair(found, WORTHY, WORTHLESS).worth[:3] == ALIKE  # type: ignore[index]
    needs = pair(found, UNUSED, CALLED)
    assert needs.together and needs.together.low > 0.0, "together they give what the second alone can't"
    assert needs.worth is None and needs.problem.startswith(f"g{CALLED}: the gate refuses it")
    clash = pair(found, WORTHY, CHANGED)
    assert clash.together is None and "both sides changed" in clash.problem


def test_nothing_is_tried_or_measured_twice(measured: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(measured, tmp_path / "run"))
    with Store.open(folder / FILE) as store:
        head = store.head
        variants = {each.tree for each in store.happened(Separated) if each.tree and not each.problem}
        trees = {each.evaluation.tree for each in store.happened(Measured)}
    front.experiment(folder, ASKED)
    with Store.open(folder / FILE) as store:
        assert store.head == head and variants <= trees
        assert not [*store.findings()] and not [*inconsistencies(folder, store)]


def test_a_budget_ends_it_and_the_rest_is_not_measured(planted: Path) -> None:
    plan = Plan(40, 3, {"micro_knobs": load("micro_knobs")})
    found = front.experiment(planted, ASKED, front.Extent(budget=8 * cost(plan)))
    with Store.open(planted / FILE) as store:
        assert len({each.evaluation.tree for each in store.happened(Measured)}) == 7, "six nodes and one variant"
    by_edit = {each.generation: each for each in worth(found).edits}
    assert by_edit[CHANGED].knock_out.worth, "what seemed to give most comes first"
    assert by_edit[WORTHLESS].knock_out == (CHANGED, None, NOT_MEASURED)
    more = front.experiment(planted, ASKED)
    assert {each.generation: each for each in worth(more).edits}[WORTHLESS].knock_out.worth


def test_killed_in_the_middle_it_comes_to_the_same(planted: Path, found: Account, tmp_path: Path) -> None:
    words = ("lineage", "credit", planted, "--measure", "--k", "40", "--pairs", "3", "--on", "micro_knobs")
    process = start(*words, cwd=tmp_path)
    while not separated(planted):
        assert process.poll() is None, process.communicate()
    process.kill()
    process.communicate()
    again = godel(*words, "--json", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    shown = json.loads(again.stdout)["experiments"][0]["worth"]
    assert [each["knock_out"]["worth"] and each["knock_out"]["worth"]["mean"] for each in shown["edits"]] == [
        each.knock_out.worth and each.knock_out.worth.mean for each in worth(found).edits
    ]


def separated(folder: Path) -> list[Separated]:
    with Store.open(folder / FILE) as store:
        return store.happened(Separated)


def test_the_table_says_it_all(measured: Path, tmp_path: Path) -> None:
    done = godel("lineage", "credit", measured, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = done.stdout
    for part in (
        "● g1",
        "hyperparameter tuning; touches constants",
        "kind of change",
        "imp@40 on micro_knobs, up to 3 instances each",
        "of the one before",
        "returns r, doublings of imp for each doubling of effort:",
        "g3 taken back in g5: the gate refuses it: smoke",
        "g4 taken back in g5: both sides changed `bold(STEP)`",
        "not together: g1 and g5",
    ):
        assert part in text, (part, text)


def test_before_anything_is_measured_the_records_are_told(planted: Path, tmp_path: Path) -> None:
    done = godel("lineage", "credit", planted, cwd=tmp_path)
    assert done.returncode == 0 and "Nothing was measured yet: --measure does." in done.stdout
    with front.open_run(planted) as run:
        kept = {each.generation: each for each in account(run.lineage).edits}
    assert [*kept] == [WORTHY, WORTHLESS, UNUSED, CALLED, CHANGED] and all(each.main for each in kept.values())
    assert kept[WORTHY].kinds == ["hyperparameter tuning"] and kept[WORTHY].touches == ["constants"]
    assert (kept[WORTHY].survival.living, kept[WORTHY].survival.whole) == (4, 4)
    assert kept[CALLED].survival.partly == 1, "the last edit changed its statement again"


@pytest.mark.parametrize("option", ["--k", "--pairs", "--budget", "--on"])
def test_what_is_about_measuring_needs_it(option: str, planted: Path, tmp_path: Path) -> None:
    done = godel("lineage", "credit", planted, option, "7", cwd=tmp_path)
    assert done.returncode == 2 and f"{option}" in complaint(done) and "give --measure too" in complaint(done)


def test_a_strangers_file_says_what_it_likes_and_ends_nothing(planted: Path, tmp_path: Path) -> None:
    """Edits that never were, scaffolds that nobody knows, names that drive a terminal."""
    evil = "\x1b[2J\x07evil"
    with Store.open(planted / FILE, writable=True) as store:
        seed, best = (store.generations()[index].child or "" for index in (0, 5))
        store.event(MeasuringBegun(7, 2, (Target(evil, "v", "0" * 64),), {"f" * 64: evil}))
        for tree in (seed, best, "f" * 64):
            each = Evaluation(tree, evil, "v", Split.HELD_OUT, -5, 1e99, None, evil, "")
            store.event(Measured(7, each))
        for edits in ((99,), (-3,), (0,), (1, 1, 1), ()):
            store.event(Separated(Separation.TRANSPLANT, edits, "e" * 64, "d" * 64, evil))
            store.event(Separated(Separation.KNOCK_OUT, edits, best, seed, ""))
    for words in (("credit", planted), ("export", planted), ("export", planted, "-f", "html")):
        done = godel("lineage", *words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "\x1b" not in done.stdout and "Traceback" not in done.stderr
    done = godel("verify", planted, cwd=tmp_path)
    assert done.returncode == 1 and "blob 000000000000 is missing" in done.stdout
