"""What a score says besides its value: why a program failed, and what its judge tells of the instance."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from runs import tier_or_skip, workspace

from godel.contract import Program, Score, in_words
from godel.contract.limits import LOG_CHARACTERS, TOLD_CHARACTERS, TOLD_NUMBERS
from godel.lineage import Split, Trial
from godel.sandbox.guest.messages import ScoreReply, answer_from_json
from godel.scoring import feedback
from godel.scoring.bench import Outcome
from godel.scoring.evaluator import Evaluator
from godel.scoring.meta_utility import MetaUtility
from godel.scoring.pool import Pool
from godel.scoring.task_utility import TaskUtility
from godel.scoring.workspace import Workspace
from godel.tasks import load, names

pytestmark = pytest.mark.bubblewrap

MAXCUT = load("maxcut")
CUT = "def cut(nodes, edges):\n"


@pytest.fixture(scope="module")
def bench() -> Iterator[Workspace]:
    pool = Pool(tier_or_skip("bubblewrap"))
    with workspace(pool) as space:
        yield space
    pool.close()


def told(bench: Workspace, body: str) -> Score:
    return TaskUtility(MAXCUT, 7, bench)(Program({"main.py": CUT + body}))


def test_an_exception_is_told_with_its_place(bench: Workspace) -> None:
    score = told(bench, "    return np.zeros(nodes)\n")
    assert (score, score.failure) == (-1.0, "crash")
    assert score.detail == "NameError: name 'np' is not defined (main.py:2 in cut)"
    assert in_words(score) == f"-1.0000, a failure: crash: {score.detail}"


def test_a_limit_is_told_by_its_number(bench: Workspace) -> None:
    score = told(bench, "    while True:\n        pass\n")
    assert (score.failure, score.detail) == ("cpu", f"over its limit of {MAXCUT.cpu_s:g} s of CPU time")


def test_what_the_judge_found_wrong_is_told(bench: Workspace) -> None:
    score = told(bench, "    return [7] * nodes\n")
    assert score.failure == "invalid"
    assert "sides" in score.detail


def test_a_crash_tells_an_exception_and_its_place_and_no_prints(bench: Workspace) -> None:
    """What a program prints is its own: an instance of any size could be in it."""
    score = told(bench, "    import os\n    print('SECRET', edges[:3], flush=True)\n    os._exit(3)\n")
    assert score.failure
    assert "SECRET" not in score.detail
    long = told(bench, "    raise ValueError('\\x1b[2J\\u202e' + str(edges) * 9)\n")
    assert long.detail.startswith("ValueError: ")
    assert len(long.detail) <= TOLD_CHARACTERS
    assert long.detail.isprintable()


def test_the_same_failure_is_told_in_the_same_words(bench: Workspace) -> None:
    """An address is another one in every process; a replay and a second run must be told the same."""
    crash = "    raise ValueError(object())\n"
    assert told(bench, crash).detail == "ValueError: <object object at 0x…> (main.py:2 in cut)"


@pytest.mark.parametrize("name", [name for name in names() if name != "byte_lm"])
def test_judges_tell_numbers_of_what_they_scored(bench: Workspace, name: str) -> None:
    task = load(name)
    score = TaskUtility(task, 7, bench)(task.reference)
    assert score == pytest.approx(1.0, abs=0.2)
    assert 0 < len(score.numbers) <= TOLD_NUMBERS
    assert all(abs(value) < 1e6 for value in score.numbers.values())


def test_numbers_are_bounded() -> None:
    many = {f"{index:04d} {'x' * 500}": index / 7 for index in range(100)}
    kept = feedback.numbers({"bad": float("nan"), "text": "no number", **many})
    assert len(kept) == TOLD_NUMBERS
    assert all(len(name) <= 60 for name in kept)
    assert next(iter(kept.values())) == 0.0 and list(kept.values())[1] == 0.1429


def test_a_failure_without_words_is_its_class_alone() -> None:
    assert feedback.detail(MAXCUT, Outcome(None, "lost", "1 2 3 the instance")) == ""
    assert feedback.detail(MAXCUT, Outcome(None, "crash", "1 2 3 the instance")) == ""


def test_a_log_keeps_its_end() -> None:
    log = feedback.printed("x" * 10_000 + "\x1b[0m <object object at 0x7f00> the end\n")
    assert len(log) == LOG_CHARACTERS
    assert log.endswith(r"\x1b[0m <object object at 0x…> the end")


def test_it_comes_back_from_a_transcript() -> None:
    reply = ScoreReply("hash", -1.0, "crash", 3, "KeyError: 'x' (main.py:1)", {"graph 1": 0.5})
    assert answer_from_json(reply.to_json()) == reply
    assert reply.value.detail == reply.detail
    assert reply.value.numbers == reply.numbers


SCAFFOLD = """
def improve(program, utility, model, rng):
    if utility.description.startswith("# Maximum cut"):
        raise KeyError("no such key")
    return program
"""


def test_the_meta_utility_tells_each_task_and_what_failed(bench: Workspace) -> None:
    tasks = {"maxcut": MAXCUT, "online_bin_packing": load("online_bin_packing")}
    evaluator = Evaluator(tasks, "secret", "bubblewrap", "")
    trials = [Trial(task, Split.SEARCH, 0) for task in tasks]
    score = MetaUtility(evaluator, [trials], bench)(Program({"main.py": SCAFFOLD}))
    assert (score, score.failure) == (-0.5, None)
    assert score.numbers == {"maxcut": -1.0, "online_bin_packing": 0.0}
    assert score.detail == "maxcut: improve: crash: KeyError: 'no such key' (main.py:4 in improve)"
    only = MetaUtility(evaluator, [trials[:1]], bench)(Program({"main.py": SCAFFOLD}))
    assert (only, only.failure) == (-1.0, "improve: crash")
