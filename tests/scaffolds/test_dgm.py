"""The Darwin Gödel Machine's agent: it diagnoses, writes itself an issue and solves it, here and in a real run."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from agents import BLIND, TASK, Modules, Unmeasured, call, heard, improve, saying, setting, swap, worth
from scaffold_runs import Answering, Evolved, Scoring, Scripted, check, check_children, check_replay, evolved, modules

from godel import scaffold
from godel.contract import Context, ModelUnavailable, Program, Reply, RequestRefused, ToolCall, Tried, Trouble
from godel.gate.smoke import TOY, ToyUtility
from godel.scaffold import contract_error
from godel.scoring.meta_utility import DESCRIPTION

SEED = scaffold.load("dgm").program
DIAGNOSIS = {"failed": "It ends early.", "cause": "TURNS.", "change": "More.", "issue": "Raise TURNS\nin agent.py"}
FOUND = Reply(json.dumps(DIAGNOSIS))


@pytest.fixture
def dgm() -> Iterator[Modules]:
    with modules("dgm") as found:
        yield found


MORE = swap("agent.py", "TURNS = 20", "TURNS = 25")

# Pointed at a scaffold


def test_a_diagnosis_becomes_an_issue_that_is_solved(dgm: Modules) -> None:
    model = saying(FOUND, call("view", path="agent.py"), MORE, call("run"), call("done"))
    child = improve(dgm, SEED, BLIND, model)
    assert child.files == {**SEED.files, "agent.py": SEED.files["agent.py"].replace("TURNS = 20", "TURNS = 25")}
    assert [edit.target for edit in child.edits] == ["agent.py:TURNS"]
    diagnosed, solved = model.asked[0], model.asked[1]
    assert list(diagnosed["schema"]["properties"]) == list(DIAGNOSIS)
    assert all(text in heard(model, 0) for text in SEED.files.values())
    assert "schema" not in solved
    assert len(solved["messages"]) == 1
    assert "Issue: Raise TURNS\nin agent.py" in heard(model, 1)
    assert heard(model, 2) == f"File: agent.py\n{SEED.files['agent.py']}"
    assert heard(model, 4) == "Every file compiles and can be imported, as far as its libraries are here."


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("It is fine as it is.", "That is no JSON object"),
        (json.dumps({**DIAGNOSIS, "cause": " "}), "and are not: cause."),
        (json.dumps({"issue": ["a", "list"]}), "and are not: failed, cause, change, issue."),
        ("[" * 100_000, "That is no JSON object"),
        ('{"a":' * 100_000 + "}", "That is no JSON object"),
    ],
)
def test_a_malformed_diagnosis_is_sent_back(reply: str, told: str, dgm: Modules) -> None:
    model = saying(reply, FOUND, MORE, call("done"))
    assert improve(dgm, SEED, BLIND, model) != SEED
    assert told in heard(model, 1)
    assert "Raise TURNS" in heard(model, 2)


def test_a_diagnosis_may_stand_in_a_fence(dgm: Modules) -> None:
    model = saying(f"Here it is:\n```json\n{FOUND}\n```\n", MORE, call("done"))
    improve(dgm, SEED, BLIND, model)
    assert "Cause: TURNS." in heard(model, 1)


def test_a_model_without_form_is_taken_by_its_words(dgm: Modules) -> None:
    model = saying("no", "no", "Raise TURNS, I say.", MORE, call("done"))
    assert improve(dgm, SEED, BLIND, model) != SEED
    assert "Issue: Raise TURNS, I say." in heard(model, 3)


def test_where_there_is_no_schema_it_asks_without(dgm: Modules) -> None:
    model = saying(RequestRefused("no schemas here"), FOUND, MORE, call("done"))
    assert improve(dgm, SEED, BLIND, model) != SEED
    assert ["schema" in each for each in model.asked[:2]] == [True, False]


def test_the_record_is_the_evidence_where_there_is_one(dgm: Modules) -> None:
    utility = Unmeasured(DESCRIPTION)
    worst = Trouble("maxcut", -1.0, "improve: crash", "KeyError: 'x'", ("score -1.0000, a failure: cpu",))
    utility.context = Context(worst=worst, tried=(Tried("TURNS = 30", "rejected", "no better", -0.1),))
    model = saying(FOUND, MORE, call("done"))
    improve(dgm, SEED, utility, model)
    for number in (0, 1):  # who diagnoses and who solves the issue
        assert "KeyError: 'x'" in heard(model, number)
        assert "score -1.0000, a failure: cpu" in heard(model, number)
        assert "- rejected, gain -0.1000: TURNS = 30" in heard(model, number)


def test_a_measurement_is_the_evidence_where_there_is_a_budget(dgm: Modules) -> None:
    model = saying(FOUND, MORE, call("evaluate"), call("done"))
    utility = Scoring(3, lambda program: 0.25 if program == SEED else 0.125)
    child = improve(dgm, SEED, utility, model)
    assert "As it is now: utility 0.2500. It can be measured 2 times more." in heard(model, 0)
    assert heard(model, 3) == "This version: utility 0.1250. It can be measured 1 times more."
    assert utility.seen == [SEED, child]
    assert child != SEED


def test_else_the_review_begins_somewhere_else_each_time(dgm: Modules) -> None:
    begun = set()
    for seed in range(20):
        model = saying(FOUND)
        improve(dgm, SEED, BLIND, model, seed)
        begun.add(heard(model, 0).partition("relies on it, beginning with ")[2].partition(".\n")[0])
    assert begun == set(SEED.files)


def test_a_draft_that_does_not_hold_together_is_not_handed_in(dgm: Modules) -> None:
    broken = swap("tools.py", "TOOLS = [", "nowhere()\nTOOLS = [")
    model = saying(FOUND, MORE, broken, call("run"), call("done"))
    child = improve(dgm, SEED, BLIND, model)
    assert heard(model, 4) == "NameError: name 'nowhere' is not defined"
    assert [edit.target for edit in child.edits] == ["agent.py:TURNS"]
    assert model.remaining == 0


def test_the_contract_is_checked(dgm: Modules) -> None:
    renamed = SEED.files["main.py"].replace("def improve(", "def better(")
    model = saying(FOUND, MORE, call("write_file", path="main.py", content=renamed), call("run"), call("done"))
    child = improve(dgm, SEED, BLIND, model)
    assert heard(model, 4) == "main.py must still offer improve(program, utility, model, rng)"
    assert contract_error(child) == ""
    assert child != SEED


def test_running_a_draft_leaves_the_agent_alone(dgm: Modules) -> None:
    before, finders = dict(sys.modules), list(sys.meta_path)
    model = saying(FOUND, MORE, call("run"), call("done"))
    improve(dgm, SEED, BLIND, model)
    assert {name: sys.modules[name] for name in dgm} == dgm
    assert sys.modules.keys() == before.keys()
    assert sys.meta_path == finders


# Pointed at a task


def test_a_task_needs_no_diagnosis(dgm: Modules) -> None:
    model = saying(setting(3), call("run"), call("evaluate"), call("done"))
    assert worth(improve(dgm, TASK, Scoring(5, worth), model)) == 3
    assert {each["name"] for each in model.asked[0]["tools"]} > {"view", "run", "evaluate", "done", "write_file"}
    assert "The utility: a test\n\nAs it is now: utility 1.0000. It can be measured 4 times more." in heard(model, 0)


def test_the_best_is_handed_in_and_not_the_last(dgm: Modules) -> None:
    utility = Scoring(9, worth)
    model = saying(setting(3), call("evaluate"), setting(2), call("evaluate"), call("done"))
    child = improve(dgm, TASK, utility, model)
    assert worth(child) == 3
    assert [edit.target for edit in child.edits] == ["main.py:X"]
    assert [worth(each) for each in utility.seen] == [1, 3, 2]


def test_what_was_not_measured_is_measured_at_the_end(dgm: Modules) -> None:
    assert worth(improve(dgm, TASK, Scoring(2, worth), saying(setting(3), call("done")))) == 3
    assert worth(improve(dgm, TASK, Scoring(2, worth), saying(setting(-3), call("done")))) == 1


def test_blind_the_last_that_holds_together_is_handed_in(dgm: Modules) -> None:
    broken = call("write_file", path="main.py", content="X = 4\nX / 0\n")
    assert worth(improve(dgm, TASK, BLIND, saying(setting(3), setting(2), broken))) == 2


def test_a_library_that_is_not_here_is_no_problem(dgm: Modules) -> None:
    model = saying(swap("main.py", "X = 1", "import nowhere_else\nX = 2"), call("run"), call("done"))
    assert worth(improve(dgm, TASK, BLIND, model)) == 2
    assert heard(model, 2).startswith("Every file compiles")


def test_a_module_that_a_scaffold_misses_is_one(dgm: Modules) -> None:
    model = saying(FOUND, MORE, swap("agent.py", "import tools", "import tolls as tools"), call("run"))
    assert [edit.target for edit in improve(dgm, SEED, BLIND, model).edits] == ["agent.py:TURNS"]
    assert model.remaining == 0


# Budgets, refusals, and replies that are none


@pytest.mark.parametrize("program", [SEED, TASK])
def test_a_budget_that_is_spent_ends_it_with_what_there_is(program: Program, dgm: Modules) -> None:
    assert improve(dgm, program, BLIND, saying()) == program
    replies = [FOUND, MORE] if program is SEED else [setting(4)]
    assert improve(dgm, program, BLIND, saying(*replies)) != program


def test_without_measurements_left_it_goes_on(dgm: Modules) -> None:
    model = saying(setting(3), call("evaluate"), call("done"))
    assert worth(improve(dgm, TASK, Scoring(1, worth), model)) == 1
    assert heard(model, 2) == "Nothing can be measured: there is no call left."


def test_turns_are_bounded(dgm: Modules) -> None:
    model = saying(*[call("view", path="main.py")] * 30)
    assert improve(dgm, TASK, BLIND, model) == TASK
    assert model.remaining == 10


def test_no_model_is_said_so(dgm: Modules) -> None:
    def absent(messages: Sequence[Mapping[str, Any]], n: int) -> Sequence[str]:
        raise ModelUnavailable("this run has no language model")

    for program in (SEED, TASK):
        with pytest.raises(ModelUnavailable):
            improve(dgm, program, BLIND, Answering(absent))


def test_a_conversation_that_is_refused_begins_again(dgm: Modules) -> None:
    model = saying(setting(3), RequestRefused("too long"), call("done"))
    assert worth(improve(dgm, TASK, BLIND, model)) == 3
    assert [len(each["messages"]) for each in model.asked] == [1, 3, 2]
    assert "Edited so far: main.py:X." in heard(model, 2)


def test_a_refusal_of_everything_ends_it(dgm: Modules) -> None:
    assert improve(dgm, SEED, BLIND, saying(*[RequestRefused("no")] * 9)) == SEED
    model = saying(setting(3), *[RequestRefused("no")] * 60)
    assert worth(improve(dgm, TASK, BLIND, model)) == 3


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (call("fly"), "There is no tool 'fly': the tools are view, "),
        (call("view", path="nowhere.py"), "There is no file 'nowhere.py'"),
        (call("view"), "view takes path, as text; given: "),
        (call("view", path=["main.py"]), "view takes path, as text; given: path"),
        (call("run", hard="yes"), "run takes no arguments, as text; given: hard"),
        (call("write_file", path="main.py", content="def ("), "Nothing was edited: main.py would not parse"),
        (Reply("", [ToolCall("view", {}, "1", problem="no JSON")]), "can't be read: no JSON"),
        (Reply("I would rather not."), "No tool was called, and as an edit your reply fails"),
        (call("done"), "Nothing is edited yet"),
    ],
)
def test_what_fails_is_told(reply: Reply, told: str, dgm: Modules) -> None:
    model = saying(reply, setting(3), call("done"))
    assert worth(improve(dgm, TASK, BLIND, model)) == 3
    assert told in heard(model, 1)
    assert model.remaining == 0


def test_a_reply_without_a_call_may_be_an_edit(dgm: Modules) -> None:
    text = "main.py\n<<<<<<< SEARCH\nX = 1\n=======\nX = 6\n>>>>>>> REPLACE\n"
    child = improve(dgm, TASK, BLIND, saying(Reply(text), call("done")))
    assert worth(child) == 6
    assert child.edits


def test_every_call_of_a_reply_is_answered_by_its_id(dgm: Modules) -> None:
    both = Reply("", [ToolCall("view", {"path": "main.py"}, "a"), ToolCall("run", {}, "b")])
    model = saying(both, call("done"))
    improve(dgm, TASK, BLIND, model)
    assert [each.get("tool_call_id") for each in model.asked[1]["messages"][-2:]] == ["a", "b"]


def test_the_same_replies_get_the_same_requests() -> None:
    asked = []
    for _ in range(2):
        with modules("dgm") as dgm:
            model = saying(
                FOUND,
                MORE,
                swap("tools.py", "TOOLS = [", "raise ValueError(object())\nTOOLS = ["),
                call("run"),
                call("done"),
            )
            improve(dgm, SEED, BLIND, model, dice=5)
            asked.append(json.dumps(model.asked))
    assert asked[0] == asked[1]
    assert "0x\\u2026" in asked[0]


# By the script


def test_every_self_edit_of_the_script_makes_a_new_scaffold() -> None:
    check_children("dgm", lambda seed, model: improve(seed, SEED, BLIND, model), 4)


@pytest.mark.parametrize("seed", range(4))
def test_the_script_improves_the_toy(seed: int, dgm: Modules) -> None:
    toy = ToyUtility()
    assert toy(improve(dgm, TOY, Scoring(24, toy), Scripted("dgm", seed))) > toy(TOY)


# A real run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Evolved:
    folder: Path = tmp_path_factory.mktemp("dgm") / "run"
    return evolved(folder, "dgm", ["online_bin_packing", "circle_packing_26"])


@pytest.mark.bubblewrap
@pytest.mark.slow
def test_a_run_improves_tasks_and_itself(run: Evolved) -> None:
    check(run)
    diagnoses = [each for each in run.requests if "response_format" in each]
    assert diagnoses
    assert not any("tools" in each for each in diagnoses)


@pytest.mark.bubblewrap
@pytest.mark.slow
def test_a_run_is_replayed_without_its_model(run: Evolved) -> None:
    check_replay(run)
