"""The scaffold stop: its improver with a model in this process, and real runs with the scripted one."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from scaffold_runs import Answering, Scoring, block, check, check_replay, depth, evolved, modules, self_edits

from godel import scaffold
from godel.contract import ModelUnavailable, Program, RequestRefused, Score
from godel.contract.fingerprints import fingerprints
from godel.gate.smoke import TOY
from godel.lineage import Status
from godel.scaffold import contract_error

SEED = scaffold.load("stop")
Messages = Sequence[Mapping[str, Any]]


@pytest.fixture(scope="module")
def seed() -> Iterator[dict[str, ModuleType]]:
    with modules("stop") as found:
        yield found


def whole(depth: int) -> str:
    text = TOY.files["main.py"].replace("DEPTH = 5", f"DEPTH = {depth}")
    return f"Another depth.\n\nmain.py\n```python\n{text}```\n"


def score(program: Program) -> Score:
    """The depth; one above 100 crashes."""
    return Score(-1.0, "crash") if depth(program) > 100 else Score(depth(program))


def saying(*calls: Sequence[str]) -> Answering:
    """A model that answers call after call with these replies, and the last of them again."""
    rest = list(calls)

    def answer(messages: Messages, n: int) -> list[str]:
        replies = rest.pop(0) if len(rest) > 1 else rest[0]
        return [replies[index % len(replies)] for index in range(n)]

    return Answering(answer)


def run(seed: Mapping[str, ModuleType], program: Program, utility: Scoring, model: Any) -> Program:
    made = seed["main"].improve(program, utility, model, random.Random(0))
    assert isinstance(made, Program)
    return made


def prompt(model: Answering, number: int) -> str:
    return "\n".join(each["content"] for each in model.asked[number]["messages"])


# As in the paper


def test_the_budgets_are_the_papers(seed: dict[str, ModuleType]) -> None:
    main = seed["main"]
    assert (main.CALLS, main.SAMPLES, main.EVALUATIONS, main.TEMPERATURE) == (4, 6, 25, 0.7)


def test_one_call_for_six_replies_and_the_best_is_kept(seed: dict[str, ModuleType]) -> None:
    model, utility = saying([whole(each) for each in (7, 3, 12, 200, 9, 8)]), Scoring(40, score)
    made = run(seed, TOY, utility, model)
    assert [(each["n"], each["temperature"]) for each in model.asked] == [(6, 0.7)]
    assert list(map(depth, utility.seen)) == [5, 7, 3, 12, 200, 9, 8]
    assert depth(made) == 12
    assert [(edit.target, edit.after) for edit in made.edits] == [("main.py:DEPTH", "DEPTH = 12")]


def test_the_program_itself_is_kept_if_nothing_is_better(seed: dict[str, ModuleType]) -> None:
    assert run(seed, TOY, Scoring(40, score), saying([whole(4), whole(200), whole(1)])) == TOY


def test_a_program_that_fails_gives_way_to_one_that_runs(seed: dict[str, ModuleType]) -> None:
    broken = TOY.with_file("main.py", TOY.files["main.py"].replace("DEPTH = 5", "DEPTH = 101"))
    assert depth(run(seed, broken, Scoring(40, score), saying([whole(500), whole(2)]))) == 2


@pytest.mark.parametrize(("budget", "samples"), [(2, 1), (4, 3), (7, 6), (100, 6)])
def test_it_asks_for_no_more_than_it_can_score(budget: int, samples: int, seed: dict[str, ModuleType]) -> None:
    model, utility = saying([whole(each) for each in range(10, 16)]), Scoring(budget, score)
    assert depth(run(seed, TOY, utility, model)) == 9 + samples
    assert [each["n"] for each in model.asked] == [samples]


def test_a_budget_for_the_program_alone_asks_for_nothing(seed: dict[str, ModuleType]) -> None:
    model = saying([whole(9)])
    assert run(seed, TOY, Scoring(1, score), model) == TOY
    assert not model.asked


def test_the_same_version_is_scored_once(seed: dict[str, ModuleType]) -> None:
    utility = Scoring(40, score)
    run(seed, TOY, utility, saying([whole(7), whole(5), whole(7)]))
    assert list(map(depth, utility.seen)) == [5, 7]


def test_the_prompt_has_the_program_and_what_it_is_judged_by(seed: dict[str, ModuleType]) -> None:
    model = saying([whole(7)])
    run(seed, TOY, Scoring(9, score), model)
    assert "a test" in prompt(model, 0)
    assert f"main.py\n```python\n{TOY.files['main.py']}```" in prompt(model, 0)
    assert [each["role"] for each in model.asked[0]["messages"]] == ["system", "user"]


# More rounds, which are one self-edit away


def test_more_rounds_start_from_the_best_and_keep_to_all_budgets(
    seed: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seed["main"], "ROUNDS", 9)
    model = saying(*([whole(10 * number + each) for each in range(6)] for number in range(1, 9)))
    utility = Scoring(100, score)
    assert depth(run(seed, TOY, utility, model)) == 45
    assert [each["n"] for each in model.asked] == [6, 6, 6, 6]
    assert len(utility.seen) == 25
    assert "DEPTH = 35" in prompt(model, 3)


def test_the_model_is_told_what_its_last_change_did_besides(
    seed: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seed["main"], "ROUNDS", 2)
    before = replace(TOY, deleted=frozenset(fingerprints("DEPTH = 8\n")))
    model = saying([whole(8)])
    made = run(seed, before, Scoring(9, score), model)
    assert [edit.operator for edit in made.edits] == ["restore"]
    assert "brings back" not in prompt(model, 0)
    assert "this brings back `DEPTH` of main.py" in prompt(model, 1)


# Replies that can't be used, and budgets that are spent


def test_if_no_reply_can_be_used_the_model_is_told_why(seed: dict[str, ModuleType]) -> None:
    missing = block("DEPTH = 6", "DEPTH = 7")
    model = saying([missing, "no idea"], ["", "DEPTH = ("], [whole(7)])
    utility = Scoring(9, score)
    assert depth(run(seed, TOY, utility, model)) == 7
    assert [len(each["messages"]) for each in model.asked] == [2, 4, 6]
    assert "SEARCH stands nowhere in main.py" in prompt(model, 1)
    assert list(map(depth, utility.seen)) == [5, 7]


def test_one_usable_reply_is_enough(seed: dict[str, ModuleType]) -> None:
    model = saying(["no", "", "def f(", whole(6), block("no such line", "x")])
    assert depth(run(seed, TOY, Scoring(9, score), model)) == 6
    assert len(model.asked) == 1


def test_unusable_replies_are_given_up_after_four_calls(seed: dict[str, ModuleType]) -> None:
    model = saying(["I have no idea."])
    assert run(seed, TOY, Scoring(40, score), model) == TOY
    assert len(model.asked) == 4


@pytest.mark.parametrize("budget", [0, 9])
def test_a_model_without_calls_left_changes_nothing(budget: int, seed: dict[str, ModuleType]) -> None:
    model = Answering(lambda messages, n: [whole(7)] * n, calls=0)
    assert run(seed, TOY, Scoring(budget, score), model) == TOY


@pytest.mark.parametrize("budget", [0, 9])
def test_a_refused_request_is_not_asked_again(budget: int, seed: dict[str, ModuleType]) -> None:
    def answer(messages: Messages, n: int) -> list[str]:
        raise RequestRefused("too long")

    model = Answering(answer)
    assert run(seed, TOY, Scoring(budget, score), model) == TOY
    assert len(model.asked) == 1


@pytest.mark.parametrize("budget", [0, 9])
def test_without_a_model_it_refuses(budget: int, seed: dict[str, ModuleType]) -> None:
    def answer(messages: Messages, n: int) -> list[str]:
        raise ModelUnavailable("this run has no language model")

    with pytest.raises(ModelUnavailable):
        run(seed, TOY, Scoring(budget, score), Answering(answer))


# Of itself

HEAD = "def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:"
ROUNDS = block("ROUNDS = 1  # of samples, each from the best so far", "ROUNDS = 2")


def test_blind_it_hands_in_the_first_version_that_can_be_used(seed: dict[str, ModuleType]) -> None:
    remark = block("SAMPLES = 6  # replies of one call, at most", "SAMPLES = 6  # replies")
    renamed = block(HEAD, HEAD.replace("improve(", "better("))
    other = block("CALLS = 4  # of the model, at most", "CALLS = 3")
    model = saying(["no idea"], [remark], [renamed], [ROUNDS], [other])
    made = run(seed, SEED.program, Scoring(0, score), model)
    assert [edit.target for edit in made.edits] == ["main.py:ROUNDS"]
    assert contract_error(made) == ""
    assert [each["n"] for each in model.asked] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (block(HEAD, HEAD.replace("improve(", "better(")), "main.py must keep its function improve(program"),
        (block(HEAD, HEAD.replace("rng: random", "dice: random")), "main.py must keep its function improve("),
        (
            block("ROUNDS = 1  # of samples, each from the best so far", "ROUNDS = 1"),
            "nothing that runs would change",
        ),
        (block("ROUNDS = 1", "ROUNDS = 2", "rounds.py"), "there is no file 'rounds.py'"),
    ],
)
def test_what_would_be_no_scaffold_any_more_is_told(reply: str, why: str, seed: dict[str, ModuleType]) -> None:
    model = saying([reply], [ROUNDS])
    assert "ROUNDS = 2" in run(seed, SEED.program, Scoring(0, score), model).files["main.py"]
    assert why in prompt(model, 1)


def test_all_its_files_are_shown_in_fences_that_hold_them(seed: dict[str, ModuleType]) -> None:
    model = saying([ROUNDS])
    run(seed, SEED.program, Scoring(0, score), model)
    for path, text in SEED.program.files.items():
        fence = "````" if "```" in text else "```"
        assert f"\n{path}\n{fence}python\n{text}{fence}\n" in prompt(model, 0)


def test_with_a_budget_it_hands_in_its_best_version_even_if_none_is_better(seed: dict[str, ModuleType]) -> None:
    def worth(program: Program) -> Score:
        return Score(program.files["main.py"].count("ROUNDS = 2") / 10)

    other = block("CALLS = 4  # of the model, at most", "CALLS = 3")
    utility = Scoring(2, worth)
    made = run(seed, SEED.program, utility, saying([other, ROUNDS]))
    assert "ROUNDS = 2" in made.files["main.py"]
    assert SEED.program not in utility.seen
    assert run(seed, SEED.program, Scoring(3, lambda _: -1.0), saying([other])) != SEED.program


def test_every_self_edit_of_the_script_fits_the_seed(seed: dict[str, ModuleType]) -> None:
    made = [seed["reading"].read_one(SEED.program, reply).program for reply in self_edits("stop")]
    assert len({each.digest for each in made}) == len(made) >= 6


# End to end

TASKS = ["online_bin_packing", "maxcut"]


@pytest.mark.bubblewrap
@pytest.mark.slow
def test_it_evolves_and_every_generation_replays_offline(tmp_path: Path) -> None:
    found = evolved(tmp_path / "run", "stop", TASKS)
    check(found)
    check_replay(found)


@pytest.mark.bubblewrap
@pytest.mark.slow
def test_it_searches_its_own_versions_with_the_meta_utility(tmp_path: Path) -> None:
    """STOP's own way: of the script's six self-edits it finds the one that makes it a better improver."""
    found = evolved(tmp_path / "run", "stop", TASKS, "improve.self_calls=6", generations=1)
    child = found.generations[1]
    assert [edit.target for edit in child.edits] == ["main.py:ROUNDS"]
    assert child.status is Status.ACCEPTED
    assert child.gain is not None
    assert child.gain > 0.0
    check_replay(found)
