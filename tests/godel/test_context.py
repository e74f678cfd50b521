"""What a scaffold is given to know when it edits itself: of the search split, from the records, word for word again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from runs import Quiet, archive, proceed, small_run, tier_or_skip

from godel import config
from godel.contract import Context, Program, TaskScore, Tried, Trouble
from godel.lineage import Evaluation, Split, Trial
from godel.loop.context import by_task, difference, in_short
from godel.loop.interface import interface
from godel.loop.open_run import OpenRun, opened
from godel.loop.orders import Propose
from godel.loop.replay import Replayer
from godel.loop.report import report
from godel.loop.run_folder import create, with_self_calls
from godel.loop.wire import order_from, order_json
from godel.sandbox.guest.messages import ScoreReply
from godel.scaffold import load as load_scaffold
from godel.scaffold import names

pytestmark = pytest.mark.bubblewrap

CURIOUS = '''
"""Does to itself what its context says: a generation's number and what was tried stand in its source."""
KNOWN = ""
ODD_RULE = "import numpy as np\\n\\n\\ndef priority(item, bins):\\n    return -np.abs(bins - item - 7.0)\\n"


def improve(program, utility, model, rng):
    if "def improve(" not in program.files["main.py"]:
        print("improving", object())
        utility(program.with_file("main.py", "import nothing_of_this_name"))
        if "WIDTH" in program.files["main.py"]:
            return program.with_file("main.py", program.files["main.py"].replace("1.0", "9.0"))
        return program.with_file("main.py", ODD_RULE)
    known = utility.context.in_words() if utility.context else "nothing"
    lines = program.files["main.py"].splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("KNOWN"))
    lines[place] = f"KNOWN = {known[-60:] + str(len(known)) + str(rng.random())!r}"
    return program.with_file("main.py", "\\n".join(lines) + "\\n")
'''
MANIFEST = 'name = "curious"\nsummary = "Looks at its context"\nentry = "main.py"\neditable = ["main.py"]\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of which the first scaffolds were reported held out in its midst."""
    place = tmp_path_factory.mktemp("context")
    seed = written(place / "curious")
    tier = tier_or_skip("bubblewrap")
    run = small_run(
        tier,
        "scoring.held_out_seeds=3",
        scaffold=str(seed),
        generations=3,
        selection="chain",
        acceptance="any",
        workers=1,
    )
    create(place / "run", run)
    proceed(place / "run")
    with opened(place / "run", {}) as lab:
        trees = [each.child for each in lab.store.generations() if each.child]
        assert report(lab, trees, Split.HELD_OUT)
    proceed(place / "run", generations=6)
    return place / "run"


def written(folder: Path) -> Path:
    folder.mkdir()
    (folder / "main.py").write_text(CURIOUS.lstrip())
    (folder / "scaffold.toml").write_text(MANIFEST)
    return folder


def orders(lab: OpenRun) -> Iterator[Propose]:
    schedule = lab.schedule(lab.records())
    for index in range(1, lab.store.count()):
        order = schedule.order(index)
        assert isinstance(order, Propose)
        yield order


def test_a_self_edit_knows_its_parents_record(folder: Path) -> None:
    with opened(folder, replay=True) as lab:
        last = list(orders(lab))[-1].context
    assert last
    assert [(each.task, each.trials) for each in last.scores] == [("online_bin_packing", 2)]
    assert last.worst and last.worst.task == "online_bin_packing"
    assert last.worst.log == "improving <object object at 0x…>"
    assert last.worst.transcript == (
        "score -1.0000, a failure: crash: ModuleNotFoundError: No module named 'nothing_of_this_name' (main.py:1)",
    )
    assert "improve" in last.budget and "utility(program: Program) -> Score" in last.interface


def test_what_was_tried_from_the_same_parent_is_told(tmp_path: Path) -> None:
    seed = written(tmp_path / "curious")
    tier = tier_or_skip("bubblewrap")
    create(tmp_path / "run", small_run(tier, scaffold=str(seed), generations=3, workers=1, acceptance="strict"))
    proceed(tmp_path / "run")
    with opened(tmp_path / "run", replay=True) as lab:
        contexts = [order.context for order in orders(lab)]
        made = lab.store.generations()
    assert [len(each.tried) if each else None for each in contexts] == [0, 1, 2]
    first = contexts[-1].tried[0] if contexts[-1] else None
    assert first and (first.outcome, first.gain) == (str(made[1].status), made[1].gain)
    assert first.edit.startswith('main.py\n  - KNOWN = ""\n  + KNOWN = ')
    assert first.reason == made[1].rulings[0].reason


def test_held_out_scores_are_never_in_it(folder: Path) -> None:
    with opened(folder, replay=True) as lab:
        held_out = lab.store.evaluations(split=Split.HELD_OUT)
        sent = "\n".join(json.dumps(order_json(order)) for order in orders(lab))
        kept = "\n".join(json.dumps(lab.store.transcript(index).context) for index in range(1, lab.store.count()))
        searched = {each.score for each in lab.store.evaluations(split=Split.SEARCH)}
    secrets = {text for each in held_out if each.score not in searched for text in texts(each)}
    assert len(secrets) >= 3, [each.score for each in held_out]
    for text in (sent, kept):
        assert "held-out" not in text and "sealed" not in text
        assert not [secret for secret in secrets if secret in text]


def texts(each: Evaluation) -> Iterator[str]:
    """How a score could be written down."""
    for digits in (4, 6):
        if abs(each.score) > 1e-4 and each.score not in (1.0, -1.0):
            yield f"{each.score:.{digits}f}"


def test_it_is_of_the_records_before_it_and_of_no_report(folder: Path) -> None:
    """What was recorded later, by the loop or by a report, changes nothing of it: so the archive is the same."""
    with opened(folder, replay=True) as lab:
        for order in orders(lab):
            assert order.context
            assert lab.store.transcript(order.index).context == order.context.to_json()


def test_the_same_seed_gives_the_same_archive_with_workers_in_flight(tmp_path: Path) -> None:
    seed, tier = written(tmp_path / "curious"), tier_or_skip("bubblewrap")
    for name in ("one", "two"):
        create(tmp_path / name, small_run(tier, scaffold=str(seed), generations=5, workers=3))
        proceed(tmp_path / name)
    assert archive(tmp_path / "one") == archive(tmp_path / "two")


def test_a_replay_is_told_what_was_recorded(folder: Path) -> None:
    with opened(folder, replay=True) as lab, Replayer(lab, Quiet()) as replayer:
        for index in (1, 5):
            told = lab.store.transcript(index)
            assert told.context and told.logs
            assert not replayer.verify(index).differences
            again = replayer.again(index, replace(told, context=None))
            assert again.child and again.child.digest != lab.store.generations()[index].child


def test_an_order_goes_to_another_machine_with_it(folder: Path) -> None:
    with opened(folder, replay=True) as lab:
        for order in orders(lab):
            assert order_from(json.loads(json.dumps(order_json(order)))) == replace(
                order, shapes=frozenset(order.shapes)
            )


def test_in_words_it_is_a_prompt() -> None:
    known = Context(
        scores=(TaskScore("maxcut", 0.25, 0.1, 0.4, 4), TaskScore("parity", -1.0, None, None, 1)),
        worst=Trouble("parity", -1.0, "improve: crash", "KeyError: 'x'", ("score 0.0000",)),
        tried=(Tried("main.py\n  - A = 1\n  + A = 2", "rejected", "no better", -0.01),),
        budget="A budget.",
        interface="An interface.",
    )
    said = known.in_words()
    for part in (
        "- maxcut: 0.250 (trials: 4, 95 % interval 0.100 to 0.400)",
        "- parity: -1.000 (trials: 1)",
        "parity, score -1.000, a failure: improve: crash.",
        "KeyError: 'x'",
        "- rejected, gain -0.0100: main.py",
        "A budget.\n\nAn interface.",
    ):
        assert part in said
    assert Context.from_json(known.to_json()) == known
    assert Context().in_words() == ""


def test_bounds_that_one_trial_cant_give_are_none() -> None:
    trials = {Trial("b", Split.SEARCH, 0): 0.5, Trial("a", Split.SEARCH, 0): 0.1, Trial("a", Split.SEARCH, 1): 0.3}
    first, second = by_task(trials)
    assert (first.task, first.score, first.trials, second) == ("a", 0.2, 2, TaskScore("b", 0.5, None, None, 1))
    assert first.low is not None and first.high is not None and first.low < 0.2 < first.high


def test_long_records_are_told_in_short() -> None:
    replies: list[dict[str, Any]] = [ScoreReply("k", number / 100, None, 3).to_json() for number in range(40)]
    lines = list(in_short(replies))
    assert len(lines) == 17
    assert lines[6] == "… 24 more …"
    assert lines[-1] == "score 0.3900"
    old = Program({"main.py": "\n".join(f"A{number} = 1" for number in range(90))})
    new = old.with_file("main.py", "\n".join(f"A{number} = 2{'0' * 500}" for number in range(90)))
    told = difference(old, new).splitlines()
    assert len(told) == 13
    assert all(len(text) < 200 for text in told)


def test_the_interface_names_what_there_is_to_call() -> None:
    text = interface()
    for name in ("n: int = 1", "temperature", "max_tokens", "BudgetExhausted", "RequestRefused", ".failure", ".detail"):
        assert name in text
    assert "typing." not in text and "collections" not in text


def test_a_scaffold_says_how_often_it_measures_itself_and_a_run_may_say_otherwise() -> None:
    asks = {name: load_scaffold(name).self_calls for name in names()}
    assert {name for name, calls in asks.items() if calls} == {"stop", "godel_agent"}
    run = config.load(None, ["improve.calls=6"])
    assert with_self_calls(run, load_scaffold("stop")).improve.self_calls == 2
    assert with_self_calls(run, load_scaffold("stop")).improve.calls == 6
    assert with_self_calls(run, load_scaffold("dgm")).improve.self_calls == 0
    blind = config.load(None, ["improve.self_calls=0"])
    assert with_self_calls(blind, load_scaffold("stop")).improve.self_calls == 0
