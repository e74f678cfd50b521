"""What crosses the channel: each message is the same after it has crossed, and what is none is refused in words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from godel.contract import Edit, Program, Reply, ToolCall
from godel.sandbox.guest.jobs import Ceilings, Exit, ImportScaffold, Job, Ready, RunImprove, RunProgram
from godel.sandbox.guest.messages import (
    Answer,
    Done,
    ExhaustedReply,
    JudgementNote,
    ModelReply,
    ModelRequest,
    NotedReply,
    RefusedReply,
    Request,
    ScoreReply,
    ScoreRequest,
    answer_from_json,
    request_from_json,
)
from godel.tasks.judging import messages as judging

PROGRAM = Program({"main.py": "x = 1\n"}, edits=(Edit("replace", "x", "1", "2"),))
REQUESTS: list[Request] = [
    ScoreRequest(PROGRAM),
    JudgementNote(PROGRAM, 0.5),
    Done(PROGRAM),
    ModelRequest([{"role": "user", "content": "?"}], n=2, stop=["."], tools=[{"name": "f"}], schema={}, name="m"),
]
CALL = ToolCall("f", {"x": 1}, "1", "")
ANSWERS: list[tuple[Answer, dict[str, Any]]] = [
    (ScoreReply("k", 0.5, None, 3), {"request": "k", "score": 0.5, "failure": None, "remaining": 3}),
    (ExhaustedReply("k"), {"request": "k", "exhausted": True, "remaining": 0}),
    (RefusedReply("k", "too long", 2), {"request": "k", "refused": "too long", "remaining": 2}),
    (NotedReply("k"), {"request": "k", "noted": True}),
    (
        ModelReply("k", (Reply("a", [CALL], "m"), Reply("b", (), "m", "length")), "m", 1),
        {
            "request": "k",
            "replies": [
                {"text": "a", "tool_calls": [CALL._asdict()], "finish_reason": "stop"},
                {"text": "b", "tool_calls": [], "finish_reason": "length"},
            ],
            "model": "m",
            "remaining": 1,
        },
    ),
]


def crossed(data: object) -> Any:
    return json.loads(json.dumps(data))


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: type(each).__name__)
def test_a_request_is_the_same_after_it_has_crossed(request_: Request) -> None:
    assert request_from_json(crossed(request_.to_json())) == request_


@pytest.mark.parametrize(("answer", "recorded"), ANSWERS, ids=lambda each: type(each).__name__)
def test_an_answer_is_kept_as_it_was_sent(answer: Answer, recorded: dict[str, Any]) -> None:
    """The JSON is that of the transcripts: a replay of an older run goes by it."""
    assert list(answer.to_json().items()) == list(recorded.items())
    assert answer_from_json(crossed(answer.to_json())) == answer


def test_a_reply_keeps_its_tools_and_its_model() -> None:
    again = answer_from_json(crossed(ANSWERS[-1][0].to_json()))
    assert isinstance(again, ModelReply)
    assert again.replies[0].tool_calls == (CALL,) and again.replies[0].model == "m"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (None, "a message that is no request"),
        ([], "a message that is no request"),
        ({"hello": 1}, "unknown request"),
        ({"utility": 1}, "not a program"),
        ({"done": {"files": {}, "entry": "main.py"}}, "its entry file is not among its files"),
        ({"model": "hello"}, "model: expected an object with messages"),
        ({"model": {"messages": [], "colour": 1}}, "model: colour: no such field"),
        ({"judged": PROGRAM.to_json(), "score": float("nan")}, "no finite number"),
        ({"judged": PROGRAM.to_json(), "score": "1"}, "no finite number"),
    ],
)
def test_what_is_no_request_is_refused_in_words(data: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        request_from_json(data)


@pytest.mark.parametrize(
    "data", [None, {}, {"request": 1, "noted": True}, {"request": "k"}, {"request": "k", "score": []}]
)
def test_what_is_no_answer_is_refused_in_words(data: object) -> None:
    with pytest.raises(ValueError, match="no answer"):
        answer_from_json(data)


def test_jobs_cross_with_their_ceilings() -> None:
    old = Program({"main.py": ""}, deleted=frozenset({"a"}))
    improve = RunImprove(PROGRAM, old, "better", 3, ("m",), 2, 7)
    again = RunImprove.from_json(crossed(improve.to_json()))
    assert again == improve and again.program.deleted == {"a"} and again.scaffold.edits == PROGRAM.edits
    assert RunProgram.from_json(crossed(RunProgram(PROGRAM, "d").to_json())) == RunProgram(PROGRAM, "d")
    assert ImportScaffold.from_json(crossed(ImportScaffold(PROGRAM).to_json())) == ImportScaffold(PROGRAM)
    job = Job.of(improve, Ceilings(1.0, 2.0, 3, 4, timed=True))
    assert Job.from_json(crossed(job.to_json())) == Job(improve.entry, crossed(improve.to_json()), job.ceilings)


def test_what_a_zygote_says_crosses() -> None:
    ended = Exit("crash", -9, 0.5, 1.0, None, log="x")
    assert Exit.from_json(crossed(ended.to_json())) == ended and ended.unexplained
    assert Ready.from_json(crossed(Ready("3.11", 1).to_json())) == Ready("3.11", 1)
    with pytest.raises(ValueError, match="not ready"):
        Ready.from_json({"exit": {}})


def test_what_a_judge_and_the_host_say_crosses() -> None:
    for order in (judging.Load("t", {"judge.py": ""}), judging.Evaluate("t", 1, {"n": 2}, True)):
        assert judging.order_from_json(crossed(order.to_json())) == order
    finding = judging.Finding(0.5, details={"n": 1}, flags=("seen",))
    for question in (judging.Start(), judging.Call({"x": 1}), finding):
        assert judging.question_from_json(crossed(question.to_json())) == question
