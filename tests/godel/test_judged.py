"""A scaffold says what its drafts are worth; the host scores them behind its back, and reports how well it judges."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command import complaint, godel, recorded_run
from runs import Quiet, proceed, small_run, tier_or_skip

from godel import config
from godel.contract import Program
from godel.gateway import NoModel
from godel.ledger import free
from godel.lineage import Evaluation, Judged, Split
from godel.lineage.store import Store
from godel.loop.open_run import opened
from godel.loop.replay import Replayer
from godel.loop.run_folder import FILE, create
from godel.scoring.evaluator import scores_in, seeds_of
from godel.scoring.improvement import MOST_JUDGED, SCAFFOLD, Blind, Improve, Improvement, improve
from godel.scoring.pool import Pool
from godel.scoring.task_utility import score

RULES = {"item - bins": 3.0, "-np.arange(len(bins), dtype=float)": 2.5, "bins + 0.0": -7.0, "None": 0.25}
"""Best fit, first fit, worst fit and one that crashes, with what the scaffold says of each."""
TEXT = "import numpy as np\n\n\ndef priority(item: float, bins: np.ndarray) -> np.ndarray:\n    return {}\n"
JUDGES = f"""
RULES, TEXT = {RULES!r}, {TEXT!r}
NUMBER = 1


def improve(program, utility, model, rng):
    if "def improve(" in program.files["main.py"] or "WIDTH" in program.files["main.py"]:
        return changed(program, utility)
    best = program
    for rule, worth in RULES.items():
        left, draft = utility.remaining, program.with_file("main.py", TEXT.format(rule))
        assert utility.judged(draft, worth) is None and utility.remaining == left
        best = draft if worth == max(RULES.values()) else best
        if "arange" in rule and left:
            utility(draft)
    return best


def changed(program, utility):
    text = program.files["main.py"]
    utility.judged(program, 1.0)
    for name, less, more in (("WIDTH", "1.0", "9.0"), ("NUMBER", "1", "11")):
        text = text.replace(name + " = " + less, name + " = " + more)
    return program.with_file("main.py", text)
"""
FEW = ["improve.calls=2", "scoring.search_seeds=1", "scoring.held_out_seeds=1"]


def drafts() -> dict[float, Program]:
    """By what was said of them."""
    return {worth: Program({"main.py": TEXT.format(rule)}) for rule, worth in RULES.items()}


def scaffold(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "main.py").write_text(text)
    (folder / "scaffold.toml").write_text('name = "judges"\neditable = ["main.py"]\n')
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a scaffold that judges four drafts, and of its child, which does the same."""
    tier, home = tier_or_skip("bubblewrap"), tmp_path_factory.mktemp("judged")
    judging = scaffold(home / "judges", JUDGES)
    create(home / "run", small_run(tier, *FEW, scaffold=str(judging), generations=1, workers=1))
    proceed(home / "run")
    return home / "run"


def evaluated(folder: Path) -> list[Evaluation]:
    with Store.open(folder / FILE) as store:
        return [each for made in store.generations() for each in store.evaluations(tree=made.child)]


@pytest.mark.bubblewrap
def test_the_recorded_scores_are_the_hidden_ones(folder: Path) -> None:
    found = evaluated(folder)
    assert len(found) == 2, "the seed's and its child's"
    with opened(folder) as lab:
        heard = lab.store.transcript(0).trials
        with closing(lab.worker()) as worker, worker.workspace("again", free) as workspace:
            for each in found:
                task, seed = lab.tasks[each.task], seeds_of(lab.config.secret, each.trial).fresh
                again = {
                    said: score(
                        task, workspace.fresh.evaluate(task, draft, seed, recorded=True), seed, workspace.references
                    )
                    for said, draft in drafts().items()
                }
                assert each.judged == tuple(Judged(said, float(worth)) for said, worth in again.items())
    judged = dict(found[0].judged)
    assert judged[3.0] == found[0].score, "the draft that it handed in"
    assert judged[0.25] == -1.0, "a draft that crashes is at the floor"
    (visible,) = scores_in(heard[found[0].trial]).values()
    assert visible != pytest.approx(judged[2.5], abs=1e-3), "it was scored on another instance than it can see"


@pytest.mark.bubblewrap
def test_nothing_comes_back_and_what_it_costs_is_counted(folder: Path) -> None:
    with Store.open(folder / FILE) as store:
        heard = store.transcript(0).trials
        proposal = store.transcript(1).proposal
    for each in evaluated(folder):
        replies = [reply for reply in heard[each.trial] if "score" not in reply]
        assert replies == [{"request": draft.digest, "noted": True} for draft in drafts().values()]
    assert [set(reply) for reply in proposal] == [{"request", "noted"}], "judged while it edits itself: not scored"
    seed, child = evaluated(folder)
    assert seed.spend.evaluations == 1 + 4 + 1, "what it handed in, what it judged, what it asked for"
    assert child.spend.evaluations == 1 + 4, "and the child asked for what its parent had heard"


@pytest.mark.bubblewrap
def test_a_run_with_judgements_replays(folder: Path) -> None:
    with opened(folder, replay=True) as lab:
        for each in lab.store.generations():
            verdict = Replayer(lab, Quiet()).verify(each.index)
            assert verdict.scores
            assert not verdict.differences


# What a scaffold may say


@pytest.fixture(scope="module")
def improved() -> Iterator[Callable[[str], Improvement]]:
    """What comes of an improve with this body."""
    with Pool(tier_or_skip("bubblewrap"), spares=0) as pool:
        session, limits = pool.take(SCAFFOLD), config.Improve()

        def run(body: str) -> Improvement:
            program = Program(
                {"main.py": f"def improve(program, utility, model, rng):\n    {body}\n    return program\n"}
            )
            return improve(lambda: session, Improve(program, program, Blind("a test"), NoModel(), 0, limits))

        yield run


SEND = "utility._port.send({{'judged': {}, 'score': {}}}); utility._port.receive()"
OWN = "program.to_json()"


@pytest.mark.bubblewrap
@pytest.mark.parametrize(
    "body",
    [
        *(f"utility.judged(program, float('{number}'))" for number in ("nan", "inf", "-inf")),
        *(SEND.format(OWN, number) for number in ("'4'", "None", "[4.0]", "True", "4", "{}")),
        SEND.format("'a program'", "4.0"),
        SEND.format("None", "4.0"),
    ],
)
def test_what_is_no_judgement_ends_the_improve(improved: Callable[[str], Improvement], body: str) -> None:
    made = improved(body)
    assert (made.program, made.failure) == (None, "protocol")
    assert made.judged == ()
    assert made.transcript == ()


@pytest.mark.bubblewrap
@pytest.mark.parametrize(("number", "says"), [("nan", "nan"), ("inf", "inf")])
def test_it_is_told_what_was_wrong(improved: Callable[[str], Improvement], number: str, says: str) -> None:
    made = improved(f"utility.judged(program, float('{number}'))")
    assert made.detail == f"a judgement that is no finite number: {says}"


@pytest.mark.bubblewrap
def test_a_number_of_any_size_and_kind_is_one(improved: Callable[[str], Improvement]) -> None:
    made = improved("utility.judged(program, 4); utility.judged(program.with_file('a', ''), -1e300)")
    assert made.failure is None
    assert [said for _, said in made.judged] == [4.0, -1e300]


@pytest.mark.bubblewrap
def test_the_first_drafts_count_and_the_last_word_on_each(improved: Callable[[str], Improvement]) -> None:
    made = improved("[utility.judged(program.with_file('a', str(k % 15)), float(k)) for k in range(20)]")
    assert made.failure is None
    assert len(made.transcript) == 20
    assert MOST_JUDGED == 12
    assert [draft.files["a"] for draft, _ in made.judged] == [str(k) for k in range(12)]
    assert [said for _, said in made.judged] == [*range(15, 20), *range(5, 12)]


# The report


def judging_run(folder: Path, *drafts: tuple[Judged, ...]) -> Path:
    """A recorded run in which the seed and its children judged these drafts on two trials each."""
    recorded_run(folder)
    with Store.open(folder / FILE, writable=True) as store:
        for made, judged in zip(store.generations(), drafts, strict=False):
            trial = Evaluation(made.child or "", "maxcut", "v", Split.SEARCH, 9, 0.1, 1.0, None, "p", judged=judged)
            store.add_evaluations([trial, replace(trial, task="online_bin_packing")])
    return folder


RIGHT, WRONG = (Judged(1.0, 0.1), Judged(2.0, 0.5)), (Judged(1.0, 0.5), Judged(2.0, 0.1))
SAME = (Judged(4.0, 0.1), Judged(4.0, 0.5))


def test_the_report_is_a_table_and_json(tmp_path: Path) -> None:
    judging_run(tmp_path / "run", RIGHT, SAME, WRONG)
    done = godel("lineage", "calibration", "run", cwd=tmp_path, COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, "")
    head, *rows, drift = done.stdout.splitlines()
    assert head.split() == ["scaffold", "drafts", "judged", "agreement,", "Kendall's", "τ", "(95", "%", "CI)"]
    assert [row.split()[0] for row in rows] == ["g0", "g1", "g2"]
    assert [row.split()[2:] for row in rows] == [
        ["4", "+1.000", "(all", "alike)"],
        ["4", "+0.000", "(all", "alike)"],
        ["4", "-1.000", "(all", "alike)"],
    ]
    assert drift == "drift by generation: -1.000 (all alike)"
    told = json.loads(godel("lineage", "calibration", "run", "--json", cwd=tmp_path).stdout)
    assert [each["generation"] for each in told["generations"]] == [0, 1, 2]
    assert [each["drafts"] for each in told["generations"]] == [4, 4, 4]
    assert [each["tau"]["mean"] for each in told["generations"]] == pytest.approx([1.0, 0.0, -1.0])
    assert told["drift"]["mean"] == pytest.approx(-1.0)
    assert told["drift"]["pairs"] == 3
    assert all(told["generations"][0]["node"].startswith(row.split()[1]) for row in rows[:1])


def test_two_generations_have_no_drift_and_one_trial_no_interval(tmp_path: Path) -> None:
    judging_run(tmp_path / "run", RIGHT, (Judged(1.0, 0.5),))
    shown = godel("lineage", "calibration", "run", cwd=tmp_path).stdout
    assert "drift by generation: not known, from fewer than three generations" in shown
    assert "g1" not in shown
    told: dict[str, Any] = json.loads(godel("lineage", "calibration", "run", "--json", cwd=tmp_path).stdout)
    assert len(told["generations"]) == 1
    assert told["drift"] is None


def test_a_run_without_judgements_says_so(tmp_path: Path) -> None:
    recorded_run(tmp_path / "run")
    done = godel("lineage", "calibration", "run", cwd=tmp_path)
    assert done.returncode == 0
    assert "No scaffold of this run judged drafts of its own" in done.stdout
    told = json.loads(godel("lineage", "calibration", "run", "--json", cwd=tmp_path).stdout)
    assert told == {"generations": [], "drift": None}


def test_no_run_is_one_line(tmp_path: Path) -> None:
    done = godel("lineage", "calibration", "nowhere", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere" in complaint(done)
