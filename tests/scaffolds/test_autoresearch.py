"""The scaffold autoresearch: its loop with a model in this process, and real runs with the scripted one."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from scaffold_runs import Answering, Scoring, block, check, check_replay, check_self_edits, depth, evolved, modules

from godel import scaffold
from godel.contract import ModelUnavailable, Program, RequestRefused, Score, fenced
from godel.contract.fingerprints import fingerprints
from godel.gate.smoke import TOY
from godel.scaffold import contract_error

SEED = scaffold.load("autoresearch")
Messages = Sequence[Mapping[str, Any]]


@pytest.fixture(scope="module")
def seed() -> Iterator[dict[str, ModuleType]]:
    with modules("autoresearch") as found:
        yield found


def says(*texts: str) -> Callable[[Messages, int], list[str]]:
    """Answers with the texts in turn; the last one again and again."""
    rest = list(texts)
    return lambda messages, n: [rest.pop(0) if len(rest) > 1 else rest[0]] * n


def change(before: str, after: str) -> str:
    return f"Description: {before} becomes {after}\n\n{block(before, after)}"


def score(program: Program) -> Score:
    """The depth itself; one of 13 crashes."""
    return Score(-1.0, "crash") if depth(program) == 13 else Score(depth(program))


def run(seed: Mapping[str, ModuleType], program: Program, utility: Scoring, model: Any) -> Program:
    made = seed["main"].improve(program, utility, model, random.Random(0))
    assert isinstance(made, Program)
    return made


def prompt(model: Answering, number: int) -> str:
    return "\n".join(each["content"] for each in model.asked[number]["messages"])


TABLE = """\
experiment\tscore\tstatus\tdescription
0\t5.0000\tkeep\tbaseline
1\t4.0000\tdiscard\tDEPTH = 5 becomes DEPTH = 4
2\t7.0000\tkeep\tDEPTH = 5 becomes DEPTH = 7
3\t-1.0000\tcrash\tDEPTH = 7 becomes DEPTH = 13 (crash)
4\t8.0000\tkeep\tDEPTH = 13 becomes DEPTH = 8
5\t8.0000\tdiscard\tRATE = 0.5 becomes RATE = 0.6"""


def test_better_is_kept_and_equal_or_worse_is_undone(
    seed: dict[str, ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    steps = [
        ("DEPTH = 5", "DEPTH = 4"),
        ("DEPTH = 5", "DEPTH = 7"),
        ("DEPTH = 7", "DEPTH = 13"),
        ("DEPTH = 13", "DEPTH = 8"),
        ("RATE = 0.5", "RATE = 0.6"),
    ]
    model, utility = Answering(says(*(change(*step) for step in steps))), Scoring(6, score)
    made = run(seed, TOY, utility, model)
    assert depth(made) == 8
    assert "RATE = 0.5" in made.files["main.py"]
    assert utility.remaining == 0
    assert utility.seen[0] == TOY
    assert [edit.target for edit in made.edits] == ["main.py:DEPTH"] * 3, "kept, crashed, and fixed"
    assert TABLE in capsys.readouterr().out


def test_each_experiment_sees_the_kept_program_and_the_table_so_far(seed: dict[str, ModuleType]) -> None:
    model = Answering(says(change("DEPTH = 5", "DEPTH = 7"), change("DEPTH = 7", "DEPTH = 6"), "no idea"))
    run(seed, TOY, Scoring(4, score), model)
    assert "\n".join(TABLE.splitlines()[:2]) in prompt(model, 0)
    assert "DEPTH = 7\n" not in prompt(model, 0)
    for number in (1, 2):
        assert "1\t7.0000\tkeep\tDEPTH = 5 becomes DEPTH = 7" in prompt(model, number)
        assert "```python\nWIDTH = 1.0\nDEPTH = 7\n" in prompt(model, number)
    assert "2\t6.0000\tdiscard\tDEPTH = 7 becomes DEPTH = 6" in prompt(model, 2)
    assert all(len(asked["messages"]) == 2 for asked in model.asked[:3]), "each experiment is a conversation of its own"


def test_a_crash_is_told_in_the_same_conversation_and_fixed_in_place(seed: dict[str, ModuleType]) -> None:
    model = Answering(says(change("DEPTH = 5", "DEPTH = 13"), change("DEPTH = 13", "DEPTH = 14")))
    made = run(seed, TOY, Scoring(3, score), model)
    assert depth(made) == 14
    told = model.asked[1]["messages"]
    assert [each["role"] for each in told] == ["system", "user", "assistant", "user"]
    assert "This crashed: crash." in told[-1]["content"]


def test_a_change_that_crashes_again_is_given_up(seed: dict[str, ModuleType]) -> None:
    model = Answering(says(change("DEPTH = 5", "DEPTH = 13"), change("RATE = 0.5", "RATE = 0.6"), "no idea"))
    utility = Scoring(9, score)
    assert run(seed, TOY, utility, model) == TOY
    assert len(utility.seen) == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no code at all",
        "```python\nDEPTH = (\n```",
        block("DEPTH = 6", "DEPTH = 7"),
        block("DEPTH = 5", "DEPTH = 5"),
        block("DEPTH = 5", "DEPTH = 5  # deep"),
        block("DEPTH = 5", "DEPTH = 7", "other.py"),
        "<<<<<<< SEARCH\nDEPTH = 5\n",
    ],
)
def test_a_reply_that_changes_nothing_is_told_and_asked_again(text: str, seed: dict[str, ModuleType]) -> None:
    model = Answering(says(text, change("DEPTH = 5", "DEPTH = 7")))
    utility = Scoring(2, score)
    assert depth(run(seed, TOY, utility, model)) == 7
    last = model.asked[1]["messages"][-1]["content"]
    assert last.startswith("This change can't be made: ")
    assert len(utility.seen) == 2, "only the baseline and the change were scored"


def test_unusable_replies_end_an_experiment_and_cost_no_score(seed: dict[str, ModuleType]) -> None:
    model, utility = Answering(says("no idea"), calls=1000), Scoring(4, score)
    assert run(seed, TOY, utility, model) == TOY
    assert len(utility.seen) == 1
    assert len(model.asked) == 9, "three experiments of three replies"


def test_what_an_edit_brings_back_is_told_next(seed: dict[str, ModuleType]) -> None:
    given = Program(TOY.files, deleted=frozenset(fingerprints("def old():\n    return 1\n")))
    brought = "Description: an old one\n\n" + block("DEPTH = 5", "DEPTH = 7\n\n\ndef old():\n    return 1\n")
    model = Answering(says(brought, change("DEPTH = 7", "DEPTH = 8")))
    run(seed, given, Scoring(3, score), model)
    assert "brings back `old`" in prompt(model, 1)
    assert "brings back" not in prompt(model, 0)


@pytest.mark.parametrize("calls", range(4))
def test_a_model_without_calls_left_ends_it_with_the_best_so_far(calls: int, seed: dict[str, ModuleType]) -> None:
    steps = [change(f"DEPTH = {number}", f"DEPTH = {number + 1}") for number in range(5, 9)]
    made = run(seed, TOY, Scoring(40, score), Answering(says(*steps), calls=calls))
    assert depth(made) == 5 + calls


def test_a_refused_request_ends_it_with_the_best_so_far(seed: dict[str, ModuleType]) -> None:
    def answer(messages: Messages, n: int) -> list[str]:
        if "keep\tDEPTH" in messages[1]["content"]:
            raise RequestRefused("too long")
        return [change("DEPTH = 5", "DEPTH = 7")]

    model = Answering(answer)
    assert depth(run(seed, TOY, Scoring(9, score), model)) == 7
    assert len(model.asked) == 2


def test_without_a_model_it_refuses(seed: dict[str, ModuleType]) -> None:
    def answer(messages: Messages, n: int) -> list[str]:
        raise ModelUnavailable("this run has no language model")

    for budget in (0, 3):
        with pytest.raises(ModelUnavailable):
            run(seed, TOY, Scoring(budget, score), Answering(answer))


# Of itself

GONE = "def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:"
BETTER = "Description: one fix more\n\n" + block("FIXES = 1  # of a change that crashed", "FIXES = 2", "experiment.py")


def test_blind_it_hands_in_the_first_change_that_keeps_the_contract(seed: dict[str, ModuleType]) -> None:
    renamed = block(GONE, GONE.replace("improve(", "better("))
    other = block(GONE, GONE.replace("rng: random.Random", "random: object"))
    layout = block('"""The loop: one change, one experiment; keep what is better, discard the rest."""', '"""Loop."""')
    model = Answering(says(layout, renamed, other, "", BETTER))
    made = run(seed, SEED.program, Scoring(0, score), model)
    assert [edit.target for edit in made.edits] == ["experiment.py:FIXES"]
    assert contract_error(made) == ""
    assert "must keep its function improve(program, utility, model, rng)" in prompt(model, 2)
    assert "nothing that runs would change" in prompt(model, 1)


@pytest.mark.parametrize(("text", "calls", "asked"), [("no idea", 5, 5), ("no idea", 1000, 30), (BETTER, 0, 0)])
def test_blind_and_out_of_luck_it_hands_in_what_it_was_given(
    text: str, calls: int, asked: int, seed: dict[str, ModuleType]
) -> None:
    model = Answering(says(text), calls=calls)
    assert run(seed, SEED.program, Scoring(0, score), model) == SEED.program
    assert len(model.asked) == asked


def test_all_its_files_are_shown_and_the_contract_is_told(seed: dict[str, ModuleType]) -> None:
    model = Answering(says(BETTER))
    run(seed, SEED.program, Scoring(0, score), model)
    assert all(f"\n{fenced(path, text)}" in prompt(model, 0) for path, text in SEED.program.files.items())
    assert "of your own kind" in prompt(model, 0)
    toy = Answering(says(change("DEPTH = 5", "DEPTH = 7")))
    run(seed, TOY, Scoring(2, score), toy)
    assert "of your own kind" not in prompt(toy, 0)


def test_with_a_budget_it_hands_in_another_scaffold_even_if_none_is_better(seed: dict[str, ModuleType]) -> None:
    def worth(program: Program) -> Score:
        if program == SEED.program:
            return Score(0.5)
        text = program.files["experiment.py"]
        return Score(-1.0, "contract") if "FIXES = 3" in text else Score(0.4 if "FIXES = 2" in text else 0.3)

    line = "FIXES = 1  # of a change that crashed"
    steps = [block(line, f"FIXES = {number}", "experiment.py") for number in (4, 2, 3)]
    made = run(seed, SEED.program, Scoring(4, worth), Answering(says(*steps)))
    assert "FIXES = 2" in made.files["experiment.py"]
    assert run(seed, TOY, Scoring(2, lambda program: 0.0), Answering(says(change("DEPTH = 5", "DEPTH = 4")))) == TOY


def test_the_script_knows_several_changes_of_its_source() -> None:
    check_self_edits("autoresearch", 5)


# End to end


@pytest.mark.bubblewrap
@pytest.mark.slow
def test_it_evolves_and_every_generation_replays_offline(tmp_path: Path) -> None:
    found = evolved(tmp_path / "run", "autoresearch", ["online_bin_packing", "maxcut"])
    check(found)
    check_replay(found)
