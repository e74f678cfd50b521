"""Servers as they are: what they ignore, refuse, leave out and call otherwise never becomes a score."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from godel.config import Budget, ModelBudget, Models
from godel.contract import Program, Reply
from godel.contract.editing import EditFailed, from_reply
from godel.errors import BudgetSpent, Unavailable, UnknownName, UsageError
from godel.gateway import Gateway, Line
from godel.gateway.budgets import NestedBudget
from godel.gateway.call_log import MemoryCallLog
from godel.gateway.checks import with_full_names
from godel.gateway.factory import open_gateway
from godel.gateway.scripted import Manners, Script, Served
from godel.gateway.tool_text import calls_in
from godel.ledger import free
from godel.lineage import ModelCall
from godel.lineage.store import Store
from godel.sandbox.guest.messages import ModelReply, answer_from_json

CALLED = '{"tool": "look", "arguments": {"at": "x"}}'
SCRIPT = Script.of(
    {
        "rule": [
            {
                "when": "You can call tools",
                "reply": ['I look.\n```json\n{"tool": "look", "arguments": {"at": "x"}}\n```'],
            },
            {"tools": True, "reply": [{"tool": "look", "arguments": {"at": "x"}}]},
            {"reply": ["one", "two", "three"]},
        ]
    }
)
TOOL = {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}
NAMES = """
gpt-oss-20b openai/gpt-oss-20b gpt-4o o3-mini llama3.2:3b qwen2.5-coder:7b-instruct-q4_K_M deepseek-r1:14b
meta-llama/Llama-3.1-8B-Instruct Qwen/Qwen3-8B mistralai/Mistral-7B-Instruct-v0.3 replicate/x anthropic/claude
gemini/gemini-2.5-pro azure/gpt bedrock/titan huggingface/HuggingFaceH4/zephyr-7b-beta vertex_ai/x ollama/llama3 groq/x
openrouter/openai/gpt-4o together_ai/x models/gemma-3-27b-it default local-model hf.co/bartowski/x-GGUF:Q4_K_M
"""


@contextmanager
def lined(
    served: Served, log: MemoryCallLog | None = None, budget: Budget | None = None, **settings: Any
) -> Iterator[tuple[Line, MemoryCallLog]]:
    log, given = log or MemoryCallLog(), {"names": ("scripted",), "first_wait_s": 0.01, "tries": 2, **settings}
    with open_gateway(Models(api_base=served.address, **given), budget or Budget(), log) as opened:
        yield opened.line("1/propose", 7, NestedBudget(ModelBudget(model_calls=100)), free), log


@contextmanager
def lined_gateway(server: Served) -> Iterator[tuple[Gateway, Line, MemoryCallLog]]:
    """Of a run that had an answer before."""
    log = MemoryCallLog()
    log.put_model_call(ModelCall("earlier", [], place="0"), b"")
    with open_gateway(Models(api_base=server.address, names=("scripted",)), Budget(), log) as opened:
        yield opened, opened.line("1/propose", 7, NestedBudget(ModelBudget(model_calls=100)), free), log


def ask(line: Line, n: int = 1, **more: Any) -> dict[str, Any]:
    asked = {"messages": [{"role": "user", "content": "hello"}], "n": n, "temperature": 0.7, **more}
    return line.reply(line.ask(asked)).to_json()


def texts(answer: dict[str, Any]) -> list[str]:
    return [each["text"] for each in answer["replies"]]


def served(*kinds: str, names: tuple[str, ...] = ()) -> Served:
    return Served(SCRIPT, manners=Manners(kinds, names))


def call(log: MemoryCallLog) -> ModelCall:
    [made] = log.model_calls()
    return made


def test_what_a_server_that_ignores_n_leaves_out_is_asked_singly_and_paid_for() -> None:
    with served("ignores n") as server, lined(server) as (line, log):
        assert len(texts(ask(line, n=4))) == 4
        assert [request.body.get("n", 1) for request in server.requests] == [4, 1, 1, 1]
        assert len({request.body["seed"] for request in server.requests}) == 4
    with served() as server, lined(server) as (line, once):
        ask(line, n=1)
    assert call(log).tokens >= 4 * (call(once).tokens - 1)
    assert "1 of 4 replies" in call(log).remarks[0]


@pytest.mark.parametrize("manner", ["refuses max_tokens", "refuses temperature", "refuses seed"])
def test_a_parameter_that_is_refused_is_left_out_from_then_on_and_said(manner: str) -> None:
    name = manner.removeprefix("refuses ")
    with served(manner) as server, lined(server) as (line, log):
        assert texts(ask(line)) and texts(ask(line, temperature=0.5))
        assert [name in request.body for request in server.requests] == [True, False, False]
        assert ("max_completion_tokens" in server.requests[-1].body) == (name == "max_tokens")
    assert [f"does not take {name}" in " ".join(each.remarks) for each in log.model_calls()] == [True, False]


@pytest.mark.parametrize("manner", ["refuses tools", "wants a flag for tools"])
def test_tools_that_are_refused_become_text(manner: str) -> None:
    with served(manner) as server, lined(server) as (line, log):
        [reply] = ask(line, tools=[TOOL])["replies"]
        assert reply["text"] == "I look."
        [called] = reply["tool_calls"]
        assert (called["name"], called["arguments"]) == ("look", {"at": "x"})
        assert "tools" not in server.requests[-1].body and "Looks." in str(server.requests[-1].body["messages"])
    assert "tools are told in words" in call(log).remarks[0]


def test_a_conversation_with_tools_goes_on_in_words() -> None:
    called = {"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"at": "x"}'}}
    messages = [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "", "tool_calls": [called]},
        {"role": "tool", "tool_call_id": "1", "content": "a cat"},
    ]
    with served("refuses tools") as server, lined(server) as (line, _):
        ask(line, messages=messages, tools=[TOOL])
        said = server.requests[-1].body["messages"]
    assert [each["role"] for each in said] == ["system", "user", "assistant", "user"]
    assert calls_in(said[2]["content"])[1][0]["function"] == called["function"] and "a cat" in said[3]["content"]


def test_a_fence_that_is_no_call_stays_in_the_text() -> None:
    data = '```json\n{"name": "config"}\n```'
    text, [made] = calls_in(f"{data}\nNow I look.\n```json\n{CALLED}\n```")
    assert text == f"{data}\nNow I look." and made["function"]["name"] == "look"
    assert calls_in(data) == (data, [])


def test_tokens_that_are_not_counted_are_counted_here_and_a_budget_of_them_holds() -> None:
    with served("no usage") as server, lined(server) as (line, log):
        ask(line)
    assert 5 < call(log).tokens < 100 and "counted here" in call(log).remarks[0]
    tight = Budget(tokens=400)
    with served("no usage") as server, lined(server, budget=tight, max_tokens=100) as (line, _):
        assert texts(ask(line))
        with pytest.raises(BudgetSpent):
            [ask(line) for _ in range(50)]


def test_a_reply_that_was_all_thinking_says_so_and_is_paid_for() -> None:
    earlier = MemoryCallLog()
    earlier.put_model_call(ModelCall("earlier", [], place="0"), b"")
    with served("only thinks") as server, lined(server, earlier) as (line, log):
        assert "went into thinking" in ask(line)["refused"]
        assert log.model_calls()[-1].tokens > 30


def test_a_run_whose_first_reply_is_all_thinking_stops_and_says_what_to_raise() -> None:
    first = pytest.raises(Unavailable, match=r"first request .* raise model\.thinking_tokens")
    with served("only thinks") as server, lined(server) as (line, log), first:
        ask(line)
    assert len(log.model_calls()) == 2, "each answered request is recorded, and asked again by a resumption"


def test_a_reply_that_was_all_thinking_gets_more_tokens_up_to_a_ceiling() -> None:
    with served("thinks at length") as server:
        with lined(server) as (line, log):
            assert texts(ask(line)) and [each.body["max_tokens"] for each in server.requests] == [8_192, 32_768]
            assert "asked again with more" in log.model_calls()[0].remarks[0]
            assert line.spend.model_calls == 2 and line.spend.tokens == sum(each.tokens for each in log.model_calls())
        with lined(server, log, thinking_tokens=9_000, max_tokens=4_000) as (line, log):
            assert "raise model.thinking_tokens" in ask(line)["refused"]
            assert [each.body["max_tokens"] for each in server.requests[2:]] == [4_000, 9_000]


def test_more_tokens_are_given_within_the_budget_only() -> None:
    with served("thinks at length") as server, lined(server, budget=Budget(tokens=20_000)) as (line, _):
        with pytest.raises(BudgetSpent):
            ask(line)
        assert len(server.requests) == 1


def test_the_reply_to_more_tokens_is_told_again_from_the_record() -> None:
    with served("thinks at length") as server, lined(server) as (line, log):
        first = ask(line)
        settings = Models(names=("scripted",))
        with open_gateway(settings, Budget(), log, offline=True) as opened:
            again = ask(opened.line("1/propose", 7, NestedBudget(ModelBudget(model_calls=100)), free))
        assert again == first and len(server.requests) == 2


def test_where_all_of_an_order_was_refused_a_plain_question_tells_whose_doing_it_is() -> None:
    with served("flags code") as server, lined_gateway(server) as (opened, line, log):
        assert "flagged" in ask(line, messages=[{"role": "user", "content": "```x```"}])["refused"]
        opened.settle("1")
        assert [each.place for each in log.model_calls()][-2:] == ["1/propose#0", "1/plain#0"]
    with served("refuses all") as server, lined_gateway(server) as (opened, line, _):
        assert "may not use" in ask(line)["refused"]
        with pytest.raises(Unavailable, match="1 of 1 requests were refused, and so is a plain question"):
            opened.settle("1")


def test_an_order_of_which_something_was_answered_is_settled_without_a_question() -> None:
    with served("flags code") as server, lined_gateway(server) as (opened, line, _):
        ask(line, messages=[{"role": "user", "content": "```x```"}])
        ask(line)
        opened.settle("1")
        assert len(server.requests) == 2


def test_what_was_refused_is_asked_again_when_a_run_goes_on() -> None:
    with served("flags code") as server:
        code = [{"role": "user", "content": "```x```"}]
        with lined_gateway(server) as (_, line, log):
            assert "flagged" in ask(line, messages=code)["refused"]
        server.manners = Manners()
        with lined(server, log) as (line, log):
            told = ask(line, messages=code)
        assert texts(told)
        with open_gateway(Models(names=("scripted",)), Budget(), log, offline=True) as opened:
            line = opened.line("1/propose", 7, NestedBudget(ModelBudget(model_calls=100)), free)
            assert ask(line, messages=code) == told


def test_a_server_that_only_streams_is_refused_at_once_and_clearly() -> None:
    with served("only streams") as server, lined(server) as (line, _):
        with pytest.raises(Unavailable, match="streams its replies though it was asked for whole ones"):
            ask(line)
        assert len(server.requests) == 1


def test_content_in_parts_is_read() -> None:
    with served("content in parts") as server, lined(server) as (line, _):
        assert texts(ask(line))[0] in ("one", "two", "three")


@pytest.mark.parametrize("name", NAMES.split())
def test_a_served_name_is_sent_as_it_is(name: str) -> None:
    with served(names=(name,)) as server:
        models = with_full_names(Models(names=(name,), api_base=server.address, prices={name: (1.0, 2.0)}))
        assert models.names == (name,) and models.prices == {name: (1.0, 2.0)}
        with lined(server, names=models.names) as (line, _):
            assert texts(ask(line))
        assert [request.body["model"] for request in server.requests] == [name]


def test_litellms_name_for_a_server_is_understood_and_its_price_kept() -> None:
    with served(names=("tiny",)) as server:
        models = with_full_names(
            Models(names=("openai/tiny",), api_base=server.address, prices={"openai/tiny": (1.0, 2.0)})
        )
    assert models.names == ("tiny",) and models.prices == {"tiny": (1.0, 2.0)}


def test_a_name_that_is_not_served_is_told_with_the_nearest_before_a_run() -> None:
    with served(names=("llama-3-8b", "qwen-7b")) as server, pytest.raises(UnknownName, match="llama-3-8b"):
        with_full_names(Models(names=("llama-3-8",), api_base=server.address))


def test_a_server_without_a_list_is_sent_the_name_as_written() -> None:
    with served("lists no models") as server:
        assert with_full_names(Models(names=("any/thing",), api_base=server.address)).names == ("any/thing",)


def test_a_dead_server_is_named_with_the_cause() -> None:
    with served() as server:
        address = server.address
    with pytest.raises(UsageError, match=r"nobody answers there \(.*refused.*is the server up"):
        with_full_names(Models(names=("x",), api_base=address))


def test_a_reply_that_was_cut_off_says_so_and_changes_nothing() -> None:
    with served() as server, lined(server) as (line, log):
        answer = answer_from_json(ask(line, max_tokens=1))
    assert isinstance(answer, ModelReply)
    [reply] = answer.replies
    assert reply.cut_off == (call(log).reply[0]["finish_reason"] == "length")
    program = Program({"main.py": "x = 1\n"})
    with pytest.raises(EditFailed, match="cut off"):
        from_reply(program, Reply("x = 2\n", finish_reason="length"))
    assert from_reply(program, Reply("x = 2\n")).program.files == {"main.py": "x = 2\n"}


def test_what_a_server_left_out_is_in_the_runs_file_each_once(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run.db", {}) as store:
        for number, remark in enumerate(("x does not take seed", "x does not take seed", "no usage")):
            store.put_model_call(ModelCall(str(number), [], place=f"{number}/propose#0", remarks=(remark,)))
        store.put_model_call(ModelCall("9", {"refused": "too long"}, place="9/propose#0"))
        assert store.model_remarks()[:2] == ["no usage", "x does not take seed"]
        assert store.model_remarks()[2].startswith("1 request to a model refused")
        assert store.model_remarks(2) == ["no usage"]
        store.put_model_call(ModelCall("9", ["yes"], place="9/propose#0"), b"")
        assert store.model_remarks(9) == [], "it was asked again, and answered"
