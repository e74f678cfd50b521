"""38: fail on purpose, to carry hidden data out. What goes back into a scaffold is a class word, one bounded line in
the laboratory's forms and a few digits, from the instance that it may learn from; held-out scores never do."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from attacks import SEED, Arena, extended, task
from runs import proceed, small_run

from godel.contract.limits import TOLD_CHARACTERS, TOLD_NUMBERS
from godel.lineage import Split, Transcript
from godel.lineage.analysis.lineage import resolve
from godel.lineage.store import Store
from godel.loop.open_run import opened
from godel.loop.report import report
from godel.loop.run_folder import FILE, create
from godel.scoring.task_utility import TaskUtility

WORDS = {
    "crash",
    "memory",
    "cpu",
    "wall",
    "flood",
    "out of turn",
    "garbage",
    "closed",
    "exit",
    "invalid",
    "lost",
    "stalled",
    "killed",
}
SECRET = "hidden-7f3a"
CARRIERS = {
    "an error's text": f"raise ValueError({SECRET!r})",
    "an error's class": f"raise type({SECRET!r}, (Exception,), {{}})",
    "an exit's text": f"raise SystemExit({SECRET!r})",
    "an exit's status": "import os; os._exit(77)",
    "a printed line": f"print({SECRET!r}); import sys; print({SECRET!r}, file=sys.stderr); return np.zeros((count, 3))",
    "a forged failure": f"stolen_port().send({{'failed': {{'reason': {SECRET!r}, 'detail': {SECRET!r}}}}})",
    "an array's kind": f"return np.zeros((count, 3), dtype=[({SECRET!r}, 'f8')])",
    "digits": "return honest_packing(count) * (1 - 1e-9 * 7)",
}
SPY = """
import json
def improve(program, utility, model, rng):
    score = utility(program)
    heard = {"score": float(score), "failure": score.failure, "remaining": utility.remaining, "more": vars(score)}
    return program.with_file("heard", json.dumps(heard))
"""


MESSAGES = {"an error's text", "an error's class", "an array's kind"}
"""What the laboratory tells of a crash, and the judge of an answer: on the instance that a scaffold may learn from, and
that scores nothing (docs/decisions.md)."""


@pytest.mark.parametrize("name", CARRIERS)
def test_a_failure_says_a_fixed_word_and_one_bounded_line(arena: Arena, name: str) -> None:
    packing = task("circle_packing_26")
    hostile = extended(packing.initial, f"honest_packing = packing\ndef packing(count):\n    {CARRIERS[name]}\n")
    utility = TaskUtility(packing, SEED, arena.workspace())
    utility.budget = 1
    made = arena.improve(SPY, utility, hostile)
    assert made.program, made
    heard, (reply,) = made.program.files["heard"], made.transcript
    assert name in MESSAGES or SECRET not in heard + str(reply)
    assert set(reply) <= {"request", "score", "failure", "remaining", "detail", "numbers"}
    assert reply["failure"] in WORDS | {None}
    assert reply["score"] == round(reply["score"], 4)
    told, numbers = reply.get("detail", ""), reply.get("numbers", {})
    assert len(told) <= TOLD_CHARACTERS and told.isprintable()
    assert len(numbers) <= TOLD_NUMBERS and all(round(each, 4) == each for each in numbers.values())


def test_held_out_scores_go_to_the_report_only(arena: Arena, tmp_path: Path) -> None:
    """A run goes on after a report as if there had been none, and nobody was told a held-out score."""
    run = small_run(arena.tier, "improve.calls=6", "scoring.search_seeds=1", generations=1, workers=2)
    folders = [tmp_path / name for name in ("plain", "reported")]
    for folder in folders:
        create(folder, run)
    proceed(folders[1])
    with opened(folders[1]) as lab:
        report(lab, [resolve(lab.store, "seed")], Split.HELD_OUT)
        hidden = [each.score for each in lab.store.evaluations(split=Split.HELD_OUT) if each.score]
    for folder in folders:
        proceed(folder, generations=2)
    plain, reported = (told(folder) for folder in folders)
    assert plain == reported
    assert hidden and not any(math.isclose(score, each, abs_tol=1e-4) for score in scores(reported) for each in hidden)


def told(folder: Path) -> list[Transcript]:
    with Store.open(folder / FILE) as store:
        return [store.transcript(generation.index) for generation in store.generations()]


def scores(transcripts: list[Transcript]) -> list[float]:
    """All that any improve was told."""
    replies = [reply for each in transcripts for improve in (each.proposal, *each.trials.values()) for reply in improve]
    found = [reply["score"] for reply in replies if "score" in reply]
    assert found, "there is something to look at"
    return found
