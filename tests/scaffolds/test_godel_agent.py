"""The Gödel Agent: it reads and changes its own running modules, here and in a real run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from agents import BLIND, TASK, Modules, call, heard, improve, saying, setting, swap, worth
from scaffold_runs import Answering, Evolved, Scoring, Scripted, check, check_children, check_replay, evolved, modules

from godel import scaffold
from godel.contract import ModelUnavailable, Program, Reply, RequestRefused, ToolCall
from godel.gate.smoke import TOY, ToyUtility

SEED = scaffold.load("godel_agent").program


@pytest.fixture
def agent() -> Iterator[Modules]:
    with modules("godel_agent") as found:
        yield found


# Pointed at itself


def test_what_it_has_become_is_the_child(agent: Modules) -> None:
    model = saying(call("read", path="agent.py"), swap("agent.py", "STEPS = 30", "STEPS = 12"), call("finish"))
    child = improve(agent, SEED, BLIND, model)
    assert child.files["agent.py"] == SEED.files["agent.py"].replace("STEPS = 30", "STEPS = 12")
    assert agent["agent"].STEPS == 12
    assert [edit.target for edit in child.edits] == ["agent.py:STEPS"]
    assert heard(model, 1) == f"File: agent.py\n{SEED.files['agent.py']}"


def test_a_change_takes_effect_at_the_next_step(agent: Modules) -> None:
    model = saying(swap("agent.py", "LONGEST = 12_000", "LONGEST = 30"), call("read", path="main.py"), call("finish"))
    improve(agent, SEED, BLIND, model)
    assert "characters more" in heard(model, 2)
    assert len(heard(model, 2)) < 100


def test_the_recursion_itself_may_be_replaced_while_it_runs(agent: Modules) -> None:
    source = (
        "def live(me: State) -> None:\n"
        "    while not me.finished:\n"
        "        reply = decide(me)\n"
        "        me.heard += [reply.message(), *observe(me, reply)]\n"
        "        me.heard.append({'role': 'user', 'content': 'as a loop'})\n"
    )
    model = saying(call("replace_function", source=source), call("read", path="state.py"), call("finish"))
    child = improve(agent, SEED, BLIND, model)
    assert heard(model, 1) != "as a loop"
    assert heard(model, 2) == "as a loop"
    assert source in child.files["agent.py"]


def test_a_state_gains_what_its_class_does(agent: Modules) -> None:
    model = saying(
        swap("state.py", "    finished: bool = False\n", "    finished: bool = False\n    mood: str = 'new'\n"),
        swap("actions.py", '    return "Handed in."', "    return me.mood"),
        call("finish"),
        call("read", path="state.py"),
    )
    assert "mood" in improve(agent, SEED, BLIND, model).files["state.py"]
    assert model.remaining == 1


@pytest.mark.parametrize(
    "broken",
    [
        "def decide(me: State) -> Reply:\n    return nothing\n",
        "def decide(me: State) -> Reply:\n    raise SystemExit(0)\n",
    ],
)
def test_what_it_does_not_survive_is_taken_back_and_told(broken: str, agent: Modules) -> None:
    model = saying(
        swap("agent.py", "STEPS = 30", "STEPS = 20"),
        call("replace_function", source=broken),
        swap("agent.py", "TEMPERATURE = 1.0", "TEMPERATURE = 0.5"),
        call("finish"),
    )
    child = improve(agent, SEED, BLIND, model)
    assert "What you have become failed: " in heard(model, 2)
    assert broken not in child.files["agent.py"]
    assert [edit.target for edit in child.edits] == ["agent.py:STEPS", "agent.py:TEMPERATURE"]


def test_a_change_that_does_not_import_is_undone_at_once(agent: Modules) -> None:
    before = dict(vars(agent["actions"]))
    model = saying(swap("actions.py", "TOOLS = [", "nowhere()\nTOOLS = ["), call("finish"))
    assert improve(agent, SEED, BLIND, model) == SEED
    assert "NameError" not in heard(model, 0)
    assert "NameError: name 'nowhere' is not defined (line " in heard(model, 1)
    assert vars(agent["actions"]) == before


@pytest.mark.parametrize(
    "search, replace", [("model: Model, rng", "model: Model, dice, rng"), ("def improve(", "def better(")]
)
def test_the_contract_stays(search: str, replace: str, agent: Modules) -> None:
    text = SEED.files["main.py"].replace(search, replace, 1)
    model = saying(call("write_file", path="main.py", content=text), call("finish"))
    assert improve(agent, SEED, BLIND, model) == SEED
    assert "must still offer improve(program, utility, model, rng)" in heard(model, 1)


def test_with_a_budget_it_hears_what_it_is_worth_and_stays_what_it_became(agent: Modules) -> None:
    utility = Scoring(4, lambda program: 0.5 if program == SEED else 0.25)
    model = saying(swap("agent.py", "STEPS = 30", "STEPS = 12"), call("evaluate"), call("finish"))
    child = improve(agent, SEED, utility, model)
    assert utility.seen == [SEED, child]
    assert child != SEED
    assert heard(model, 2) == "Utility 0.2500; the best so far has 0.5000. 2 times more."


def test_another_scaffold_is_a_program_like_others(agent: Modules) -> None:
    other = SEED.with_file("agent.py", SEED.files["agent.py"].replace("STEPS = 30", "STEPS = 31"))
    model = saying(swap("agent.py", "STEPS = 31", "STEPS = 5"), call("finish"))
    child = improve(agent, other, BLIND, model)
    assert "STEPS = 5" in child.files["agent.py"]
    assert child.files.keys() == SEED.files.keys()
    assert agent["agent"].STEPS == 30


# Pointed at a task


def test_the_best_is_handed_in_and_not_the_last(agent: Modules) -> None:
    utility = Scoring(9, worth)
    model = saying(setting(3), call("evaluate"), setting(2), call("evaluate"), call("finish"))
    child = improve(agent, TASK, utility, model)
    assert worth(child) == 3
    assert [edit.target for edit in child.edits] == ["main.py:X"]
    assert [worth(each) for each in utility.seen] == [1, 3, 2]


def test_what_was_not_measured_is_measured_at_the_end(agent: Modules) -> None:
    utility = Scoring(2, worth)
    assert worth(improve(agent, TASK, utility, saying(setting(3), call("finish")))) == 3
    assert worth(improve(agent, TASK, Scoring(2, worth), saying(setting(-3), call("finish")))) == 1


def test_blind_the_last_is_handed_in(agent: Modules) -> None:
    assert worth(improve(agent, TASK, BLIND, saying(setting(3), setting(2), call("finish")))) == 2


def test_it_may_change_itself_for_a_task_and_hands_in_the_task_alone(agent: Modules) -> None:
    model = saying(
        swap("self/agent.py", "LONGEST = 12_000", "LONGEST = 30"),
        setting(2),
        call("read", path="main.py"),
        call("finish"),
    )
    child = improve(agent, TASK, BLIND, model)
    assert child.files.keys() == {"main.py"}
    assert [edit.target for edit in child.edits] == ["main.py:X"]
    assert "characters more" in heard(model, 3)
    assert agent["agent"].LONGEST == 30


def test_taking_itself_back_keeps_the_work_on_the_task(agent: Modules) -> None:
    calls = [setting(5).tool_calls[0], swap("self/agent.py", "STEPS = 30", "STEPS = ''").tool_calls[0]]
    broken = Reply("", [each._replace(id=str(number)) for number, each in enumerate(calls)])
    model = saying(broken, call("finish"))
    assert worth(improve(agent, TASK, BLIND, model)) == 5
    assert "TypeError" in heard(model, 1)


def test_nothing_is_measured_twice(agent: Modules) -> None:
    utility = Scoring(5, worth)
    improve(agent, TASK, utility, saying(setting(3), call("evaluate"), call("evaluate"), call("finish")))
    assert len(utility.seen) == 2


# Budgets, refusals, and replies that are none


@pytest.mark.parametrize("program", [SEED, TASK])
def test_a_budget_that_is_spent_ends_it_with_what_there_is(program: Program, agent: Modules) -> None:
    assert improve(agent, program, BLIND, saying()) == program
    edit = swap("agent.py", "STEPS = 30", "STEPS = 9") if program is SEED else setting(4)
    assert improve(agent, program, BLIND, saying(edit)) != program


def test_without_measurements_left_it_goes_on(agent: Modules) -> None:
    model = saying(setting(3), call("evaluate"), call("finish"))
    assert worth(improve(agent, TASK, Scoring(1, worth), model)) == 1
    assert heard(model, 2) == "There is no measurement left."


def test_steps_are_bounded(agent: Modules) -> None:
    model = saying(*[call("read", path="main.py")] * 40)
    assert improve(agent, TASK, BLIND, model) == TASK
    assert model.remaining == 10


def test_no_model_is_said_so(agent: Modules) -> None:
    def absent(messages: Sequence[Mapping[str, Any]], n: int) -> Sequence[str]:
        raise ModelUnavailable("this run has no language model")

    with pytest.raises(ModelUnavailable):
        improve(agent, SEED, BLIND, Answering(absent))


def test_a_conversation_that_is_refused_begins_again(agent: Modules) -> None:
    model = saying(setting(3), RequestRefused("too long"), call("finish"))
    assert worth(improve(agent, TASK, BLIND, model)) == 3
    assert [len(each["messages"]) for each in model.asked] == [1, 3, 1]
    assert "X = 3" in heard(model, 2)


def test_a_refusal_of_everything_ends_it(agent: Modules) -> None:
    model = saying(setting(3), *[RequestRefused("no")] * 5)
    assert worth(improve(agent, TASK, BLIND, model)) == 3
    assert model.remaining == 3


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (call("fly"), "there is no tool 'fly'"),
        (call("read", path="nowhere.py"), "There is no file 'nowhere.py'"),
        (call("read"), "That failed: TypeError"),
        (call("evaluate", much=1), "That failed: TypeError"),
        (call("write_file", path="main.py", content="def ("), "Nothing changed: main.py would not parse"),
        (Reply("", [ToolCall("read", {}, "1", problem="no JSON")]), "can't be read: no JSON"),
        (Reply("I would rather not."), "No tool was called, and as an edit your reply fails"),
        (call("finish"), "You have changed nothing yet"),
    ],
)
def test_what_fails_is_an_observation(reply: Reply, told: str, agent: Modules) -> None:
    model = saying(reply, setting(3), call("finish"))
    assert worth(improve(agent, TASK, BLIND, model)) == 3
    assert told in heard(model, 1)
    assert model.remaining == 0


def test_a_reply_without_a_call_may_be_an_edit(agent: Modules) -> None:
    text = "main.py\n<<<<<<< SEARCH\nX = 1\n=======\nX = 6\n>>>>>>> REPLACE\n"
    child = improve(agent, TASK, BLIND, saying(Reply(text), call("finish")))
    assert worth(child) == 6
    assert child.edits


def test_every_call_of_a_reply_is_answered_by_its_id(agent: Modules) -> None:
    both = Reply("", [ToolCall("read", {"path": "main.py"}, "a"), ToolCall("evaluate", {}, "b")])
    model = saying(both, call("finish"))
    improve(agent, TASK, Scoring(3, worth), model)
    assert [each.get("tool_call_id") for each in model.asked[1]["messages"][-2:]] == ["a", "b"]


def test_it_may_ask_a_model_apart(agent: Modules) -> None:
    model = saying(call("ask_model", question="How?"), Reply("So."), setting(2), call("finish"))
    improve(agent, TASK, BLIND, model)
    assert model.asked[1]["messages"] == [{"role": "user", "content": "How?"}]
    assert heard(model, 2) == "So."


def test_the_same_replies_get_the_same_requests() -> None:
    code = "import random, time\nprint(random.random(), time.time(), object(), {'a', 'b'} == {'b', 'a'})"
    asked = []
    for _ in range(2):
        with modules("godel_agent") as agent:
            model = saying(call("run_code", code=code), swap("agent.py", "STEPS = 30", "STEPS = 9"), call("finish"))
            improve(agent, SEED, BLIND, model, dice=5)
            asked.append(json.dumps(model.asked))
    assert asked[0] == asked[1]


# Snippets


@pytest.fixture
def snippet(agent: Modules) -> Callable[[str], str]:
    return lambda code: str(agent["snippet"].run(code, {"files": {"main.py": "X = 1\n"}}, 3))


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("print(files['main.py'])", "X = 1\n\n"),
        ("import sys\nprint('to', file=sys.stderr)", "to\n"),
        ("pass", "It ran, and printed nothing."),
        ("print(1)\n1 / 0", "1\nZeroDivisionError: division by zero (line 2 of <snippet>)\n"),
        ("def (", "SyntaxError: invalid syntax (<snippet>, line 1)\n"),
        ("raise SystemExit(3)", "SystemExit: 3 (line 1 of <snippet>)\n"),
        ("import time\nprint(time.time(), time.perf_counter())", "0.0 0.0\n"),
        ("import agent\nprint(agent.STEPS)", "30\n"),
    ],
)
def test_a_snippet_is_told_by_what_it_prints(code: str, told: str, snippet: Callable[[str], str]) -> None:
    assert snippet(code) == told


def test_an_endless_snippet_ends(snippet: Callable[[str], str]) -> None:
    told = snippet("n = 0\nwhile True:\n    try:\n        n += 1\n    except Exception:\n        pass")
    assert told.startswith("TooLong: more than 500000 lines were run")


def test_a_snippet_leaves_the_clock_as_it_was(snippet: Callable[[str], str]) -> None:
    import time

    clock = time.monotonic
    snippet("1 / 0")
    assert time.monotonic is clock


def test_addresses_and_paths_are_not_told(snippet: Callable[[str], str]) -> None:
    assert snippet("print(object())") == "<object object at 0x…>\n"
    assert snippet("from json import nothing") == (
        "ImportError: cannot import name 'nothing' from 'json' (…) (line 1 of <snippet>)\n"
    )


# By the script


def test_every_self_edit_of_the_script_makes_a_new_scaffold() -> None:
    check_children("godel_agent", lambda seed, model: improve(seed, SEED, BLIND, model), 5)


@pytest.mark.parametrize("seed", range(4))
def test_the_script_improves_the_toy(seed: int, agent: Modules) -> None:
    toy = ToyUtility()
    assert toy(improve(agent, TOY, Scoring(24, toy), Scripted("godel_agent", seed))) > toy(TOY)


# A real run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Evolved:
    folder: Path = tmp_path_factory.mktemp("godel_agent") / "run"
    return evolved(folder, "godel_agent", ["online_bin_packing", "maxcut"])


@pytest.mark.bubblewrap
@pytest.mark.slow
def test_a_run_improves_tasks_and_itself(run: Evolved) -> None:
    check(run)
    tools = [each["function"]["name"] for each in run.requests[-1]["tools"]]
    assert {"read", "run_code", "evaluate", "search_replace", "finish"} <= set(tools)


@pytest.mark.bubblewrap
@pytest.mark.slow
def test_a_run_is_replayed_without_its_model(run: Evolved) -> None:
    check_replay(run)
