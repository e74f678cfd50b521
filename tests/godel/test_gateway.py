"""The gateway over real HTTP, against the scripted model: what it gets over, what it refuses, what it keeps."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from godel.config import Budget, ModelBudget, Models
from godel.errors import BudgetSpent, ConfigError, ProviderFailed, Unavailable, UnknownName, UsageError
from godel.gateway import Answer, Gateway, Line, NoRequest, RecordedReply, Refused
from godel.gateway.budgets import NestedBudget
from godel.gateway.call_log import MemoryCallLog
from godel.gateway.checks import check_models, price_warnings, with_full_names
from godel.gateway.factory import open_gateway
from godel.gateway.libraries import litellm
from godel.gateway.prices import Price, price
from godel.gateway.provider import counterpart, translated
from godel.gateway.retry import Retry
from godel.gateway.scripted import ALL, Faults, Script, Served
from godel.lineage import Spend
from godel.lineage.store.codec import dumps
from godel.sandbox.guest.messages import ModelReply

MODEL = "openai/scripted"
TEXT = "Here it is.\n```python\nx = 1\n```"
SCRIPT = Script.of(
    {
        "rule": [
            {"when": "call a tool", "reply": [{"tool": "look", "arguments": {"path": "main.py"}}]},
            {"when": "impossible", "unless": "tools", "reply": [{"text": "no"}], "model": "another"},
            {"when": "hello|again", "reply": [TEXT]},
        ]
    }
)
WIDE = ModelBudget(model_calls=1000)
CANARY = "sk-canary-0123456789abcdef"


@pytest.fixture
def served() -> Iterator[Served]:
    with Served(SCRIPT) as running:
        yield running


@contextmanager
def gateway(
    address: str, log: MemoryCallLog | None = None, budget: Budget | None = None, offline: bool = False, **settings: Any
) -> Iterator[Gateway]:
    models = Models(names=(MODEL,), api_base=address, **{"first_wait_s": 0.01, "timeout_s": 5.0, **settings})
    with open_gateway(models, budget or Budget(), log or MemoryCallLog(), offline=offline) as found:
        yield found


def line(
    opened: Gateway, place: str = "1/propose", budget: ModelBudget = WIDE, spends: list[Spend] | None = None
) -> Line:
    return opened.line(place, 7, NestedBudget(budget), (spends if spends is not None else []).append)


def ask(to: Line, text: str = "hello", **more: Any) -> dict[str, Any]:
    return to.reply(to.ask({"messages": [{"role": "user", "content": text}], **more})).to_json()


def texts(reply: dict[str, Any]) -> list[str]:
    return [each["text"] for each in reply["replies"]]


# --- what passes is got over, what does not is not tried again ---


PASSING = [kind for kind in ALL if kind not in ("wrong fence", "crlf", "prose", "slow")]


@pytest.mark.parametrize("kind", [*PASSING, pytest.param("slow", marks=pytest.mark.slow)])
def test_a_fault_that_passes_is_got_over(kind: str) -> None:
    faults = Faults.script([kind, kind], slow_s=60.0)
    with Served(SCRIPT, faults) as served, gateway(served.address, timeout_s=3.0) as opened:
        spends: list[Spend] = []
        assert texts(ask(line(opened, spends=spends))) == [TEXT]
        assert served.faults_made == {kind: 2}
        assert len(served.requests) == 3
    assert [each.model_calls for each in spends] == [1]


def test_what_stays_away_is_a_failure_of_ours() -> None:
    with Served(SCRIPT, Faults.script(["500"] * 9)) as served, gateway(served.address, tries=3) as opened:
        with pytest.raises(ProviderFailed, match="InternalServerError"):
            ask(line(opened))
        assert len(served.requests) == 3


def test_a_model_that_keeps_declining_is_told_to_the_scaffold() -> None:
    with Served(SCRIPT, Faults.script(["refusal"] * 9)) as served, gateway(served.address, tries=2) as opened:
        assert "declines" in ask(line(opened))["refused"]
        assert len(served.requests) == 2


def test_a_request_that_can_not_be_answered_is_not_tried_again(served: Served) -> None:
    with gateway(served.address) as opened:
        to = line(opened)
        ask(to)
        assert "no rule" in ask(to, "nothing fits this")["refused"]
    assert len(served.requests) == 2


def test_a_first_request_that_is_refused_stops_the_run(served: Served) -> None:
    """Such a model refuses them all, and every scaffold would score nothing."""
    log = MemoryCallLog()
    with gateway(served.address, log) as opened, pytest.raises(Unavailable, match="refuses the first request"):
        ask(line(opened), "nothing fits this")
    assert not log.has_model_replies() and "refused" in log.model_calls()[0].reply


def test_a_wrong_key_stops_the_run_at_once() -> None:
    with Served(SCRIPT, key="right") as served, gateway(served.address) as opened:
        with pytest.raises(Unavailable, match="will not answer"):
            ask(line(opened))
        assert len(served.requests) == 1


def test_every_error_of_litellm_becomes_one_of_ours() -> None:
    """None is a stranger: what litellm itself raises on purpose is below the SDK's errors."""
    import openai

    module = litellm().exceptions
    kinds = [each for each in vars(module).values() if isinstance(each, type) and issubclass(each, openai.APIError)]
    assert len(kinds) > 15
    for kind in kinds:
        assert counterpart(kind) in (ProviderFailed, Refused, Unavailable), kind
    names = {each.__name__: counterpart(each) for each in kinds}
    assert {names["RateLimitError"], names["Timeout"], names["APIConnectionError"]} == {ProviderFailed}
    assert {names["ContextWindowExceededError"], names["ContentPolicyViolationError"]} == {Refused}
    assert {names["AuthenticationError"], names["PermissionDeniedError"], names["NotFoundError"]} == {Unavailable}


def test_an_error_of_ours_stays_one() -> None:
    error = KeyError("ours")
    assert translated(error) is error


def test_a_wait_that_the_provider_asks_for_is_kept() -> None:
    waited = []

    class Event(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout)
            return False

    calls = iter([ProviderFailed("busy", 7.5), ProviderFailed("busy", 1e9), None])

    def call() -> Answer:
        if error := next(calls):
            raise error
        return Answer((RecordedReply(text="x", tool_calls=[], finish_reason="stop"),), 1, 0.0)

    retry = Retry(5, 1.0)
    retry._stopping = Event()
    retry(MODEL, call, 60.0)
    assert waited == [7.5, 300.0]


@pytest.mark.slow
def test_an_answer_that_trickles_in_is_given_up(trickle: str) -> None:
    """Each piece comes in time, the whole never does."""
    with gateway(trickle, timeout_s=1.0, tries=1) as opened, pytest.raises(ProviderFailed, match=r"no answer in 1.5 s"):
        ask(line(opened))


def test_nobody_waits_for_a_provider_when_the_run_stops(trickle: str) -> None:
    with ThreadPoolExecutor(1) as threads:
        with gateway(trickle, timeout_s=60.0) as opened:
            waiting = threads.submit(ask, line(opened))
            time.sleep(1.0)
            assert not waiting.done()
        with pytest.raises(ProviderFailed, match="the run is stopping"):
            waiting.result(10)


def test_a_provider_that_is_down_is_left_alone() -> None:
    """Eight failures in a row, whoever asked; then nobody waits for it any more."""
    with Served(SCRIPT, Faults.script(["503"] * 50)) as served, gateway(served.address, tries=4) as opened:
        for _ in range(5):
            with pytest.raises(ProviderFailed):
                ask(line(opened))
        assert len(served.requests) == 8


# --- budgets ---


def test_parallel_calls_can_not_overshoot(served: Served) -> None:
    """The greatest cost of each is reserved before it is made."""
    with gateway(served.address, budget=Budget(model_calls=5)) as opened, ThreadPoolExecutor(16) as threads:
        found = [threads.submit(ask, line(opened, f"{number}/propose")) for number in range(16)]
        errors = [each.exception() for each in found]
    assert sum(error is None for error in errors) == 5 == len(served.requests)
    assert all(isinstance(error, BudgetSpent) for error in errors if error)


def test_a_call_that_the_dollars_have_no_room_for_is_not_made(served: Served) -> None:
    prices = {MODEL: (1.0, 10.0)}  # 8192 tokens of reply: 0.08 dollars at most
    with gateway(served.address, budget=Budget(dollars=0.08), prices=prices) as opened, pytest.raises(BudgetSpent):
        ask(line(opened))
    assert not served.requests
    with gateway(served.address, budget=Budget(dollars=0.08), prices=prices) as opened:
        assert texts(ask(line(opened), max_tokens=100)) == [TEXT]


def test_what_a_run_has_spent_counts_when_it_goes_on(served: Served) -> None:
    log = MemoryCallLog()
    for place in ("1/propose", "2/propose"):
        with gateway(served.address, log, Budget(model_calls=2)) as opened:
            ask(line(opened, place))
    with gateway(served.address, log, Budget(model_calls=2)) as opened, pytest.raises(BudgetSpent):
        ask(line(opened, "3/propose"))


def test_one_improve_has_a_budget_of_its_own(served: Served) -> None:
    with gateway(served.address) as opened:
        mine = line(opened, budget=ModelBudget(model_calls=2))
        assert [ask(mine)["remaining"], ask(mine)["remaining"]] == [1, 0]
        assert ask(mine) | {"request": ""} == {"request": "", "exhausted": True, "remaining": 0}
    assert len(served.requests) == 2


def test_the_improves_of_a_generation_share_one(served: Served) -> None:
    within = NestedBudget(ModelBudget(model_calls=3))
    with gateway(served.address) as opened:
        lines = [opened.line(place, 7, NestedBudget(WIDE, within), lambda _: None) for place in ("a", "b")]
        for each in (*lines, lines[0]):
            ask(each)
        assert [each.remaining for each in lines] == [0, 0]
        assert ask(lines[1])["exhausted"]


def test_tokens_and_dollars_are_counted(served: Served) -> None:
    spends: list[Spend] = []
    with gateway(served.address, prices={MODEL: (2.0, 4.0)}) as opened:
        reply = ask(line(opened, spends=spends), n=3)
    assert texts(reply) == [TEXT] * 3
    usage = json.loads(json.dumps(served.requests[0].body))
    assert usage["n"] == 3
    [spend] = spends
    prompt = spend.tokens - 3 * (len(TEXT) // 4)
    assert 0 < prompt < spend.tokens
    assert spend.dollars == pytest.approx((2.0 * prompt + 4.0 * (spend.tokens - prompt)) / 1e6, rel=0.2)


def test_a_budget_in_dollars_needs_a_price() -> None:
    models = Models(names=(MODEL,), api_base="http://127.0.0.1:1/v1")
    assert "no price is known for openai/scripted" in price_warnings(models)[0]
    check_models(models, {"budget.dollars": None})
    with pytest.raises(ConfigError, match=r"budget.dollars: no price is known for openai/scripted"):
        check_models(models, {"budget.dollars": 1.0})
    check_models(models.model_copy(update={"prices": {MODEL: (0.0, 0.0)}}), {"budget.dollars": 1.0})


def test_prices_are_the_bundled_tables_or_the_runs_own() -> None:
    known = litellm().model_cost["gpt-4o"]
    assert price("openai/gpt-4o", {}) == Price(
        1e6 * known["input_cost_per_token"], 1e6 * known["output_cost_per_token"]
    )
    assert price("openai/gpt-4o", {"openai/gpt-4o": (1.0, 2.0)}) == Price(1.0, 2.0)
    assert price("openai/none-such", {}) is None


# --- records ---


def test_a_reply_is_paid_once(served: Served) -> None:
    """The same call at the same place is answered from the record; the next one at that place is another."""
    log = MemoryCallLog()
    with gateway(served.address, log) as opened:
        first = ask(line(opened))
        assert ask(line(opened)) == first
        assert len(served.requests) == 1
        mine = line(opened)
        assert ask(mine)["request"] != ask(mine)["request"]
        ask(line(opened, "2/propose"))
    assert len(served.requests) == 3
    assert [call.place for call in log.model_calls()] == ["1/propose#0", "1/propose#1", "2/propose#0"]
    assert all(call.latency_s > 0 and call.tokens > 0 and call.model == MODEL for call in log.model_calls())


def test_a_refusal_is_heard_again_in_a_replay_and_asked_again_when_a_run_goes_on(served: Served) -> None:
    """What a scaffold was told is part of what it did; but a run may have stopped because of it."""
    log = MemoryCallLog()
    with gateway(served.address, log) as opened:
        ask(line(opened, "0/propose"))
        first = ask(line(opened), "nothing fits this")
        assert ask(line(opened), "nothing fits this") == first
    with gateway("http://127.0.0.1:1/v1", log, offline=True) as opened:
        assert ask(line(opened), "nothing fits this") == first
    assert "refused" in first and len(served.requests) == 3


def test_calls_that_are_compared_have_the_same_seed(served: Served) -> None:
    with gateway(served.address) as opened:
        for place in ("1/maxcut/search/0", "2/maxcut/search/0"):
            ask(line(opened, place))
    seeds = [request.body["seed"] for request in served.requests]
    assert seeds[0] == seeds[1]


def test_offline_only_what_is_recorded_is_answered(served: Served) -> None:
    log = MemoryCallLog()
    with gateway(served.address, log) as opened:
        first = ask(line(opened))
    with gateway("http://127.0.0.1:1/v1", log, offline=True) as opened:
        assert ask(line(opened)) == first
        with pytest.raises(NoRequest, match="not recorded"):
            ask(line(opened), "hello again")
        mine = line(opened)
        assert '+   "content": "again"' in mine.changed(
            first["request"], mine.ask({"messages": [{"role": "user", "content": "again"}]})
        )


def test_a_tool_call_comes_out_of_the_record_as_it_went_in() -> None:
    """In the order of keys too: a scaffold that sends it back asks the same again."""
    rules = [{"reply": [{"tool": "look", "arguments": {"b": 1, "a": {"d": 2, "c": 3}}}]}]
    with Served(Script.of({"rule": rules})) as served:
        log = MemoryCallLog()
        with gateway(served.address, log) as opened:
            [live] = ask(line(opened))["replies"][0]["tool_calls"]
    recorded = json.loads(dumps(log.model_calls()[0].reply))[0]["tool_calls"][0]
    assert json.dumps(recorded["arguments"]) == json.dumps(live["arguments"]) == '{"a": {"c": 3, "d": 2}, "b": 1}'


@pytest.mark.parametrize(("said", "problem"), [("{", "no JSON"), ("[1]", "no JSON object"), ('{"a": NaN}', "no JSON")])
def test_arguments_that_are_no_object_are_a_problem_to_tell(said: str, problem: str) -> None:
    script = Script.of({"rule": [{"reply": [{"tool": "look", "arguments": said}]}]})
    with Served(script) as served, gateway(served.address) as opened:
        [call] = ask(line(opened))["replies"][0]["tool_calls"]
    assert problem in call["problem"] and call["arguments"] == {}


def test_runs_can_share_replies(served: Served, tmp_path: Path) -> None:
    cache = str(tmp_path / "replies.db")
    for number in range(2):
        log = MemoryCallLog()
        with gateway(served.address, log, cache=cache) as opened:
            assert texts(ask(line(opened))) == [TEXT], number
        assert len(log.model_calls()) == 1
    assert len(served.requests) == 1


# --- requests ---


SAID: dict[str, Any] = {"messages": [{"role": "user", "content": "x"}]}
NO_MESSAGES: list[Any] = [
    None,
    [],
    {},
    {"messages": []},
    {"messages": "hello"},
    {"messages": [{"role": "root", "content": ""}]},
    {"messages": [{"role": "user", "content": 3}]},
    {"messages": [{"role": "user", "content": "\ud800"}]},
]
WRONG: list[dict[str, Any]] = [
    {"n": 0},
    {"n": "2"},
    {"n": 1000},
    {"temperature": -1},
    {"temperature": float("nan")},
    {"stop": [""]},
    {"max_tokens": 0},
    {"tools": [{"name": "no name"}]},
    {"tools": [{}]},
    {"extra": 1},
    {"schema": []},
]


@pytest.mark.parametrize("data", [*NO_MESSAGES, *({**SAID, **more} for more in WRONG)])
def test_a_message_that_is_no_request_breaks_the_protocol(served: Served, data: Any) -> None:
    with gateway(served.address) as opened, pytest.raises(NoRequest, match="model"):
        line(opened).ask(data)
    assert not served.requests


def test_what_is_too_much_is_refused_before_it_is_paid(served: Served) -> None:
    with gateway(served.address, max_prompt_bytes=1000) as opened:
        mine = line(opened)
        assert "at most 1000" in ask(mine, "x" * 1000)["refused"]
        assert "at most 8" in ask(mine, n=9)["refused"]
        assert f"there are: {MODEL}" in ask(mine, name="another")["refused"]
        assert mine.remaining == 1000
    assert not served.requests


def test_all_that_a_request_says_is_sent(served: Served) -> None:
    tool = {"name": "look", "description": "Look.", "parameters": {"type": "object", "properties": {}}}
    conversation = [
        {"role": "system", "content": "call a tool"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
        },
        {"role": "tool", "content": "seen", "tool_call_id": "1"},
    ]
    schema = {"type": "object", "properties": {"x": {"type": "integer"}}}
    with gateway(served.address) as opened:
        mine = line(opened)
        reply = mine.reply(
            mine.ask(
                {
                    "messages": conversation,
                    "n": 2,
                    "temperature": 0.5,
                    "stop": ["END"],
                    "max_tokens": 50,
                    "tools": [tool],
                    "schema": schema,
                }
            )
        )
    assert isinstance(reply, ModelReply)
    assert [each.tool_calls[0].name for each in reply.replies] == ["look", "look"]
    assert reply.replies[0].tool_calls[0].arguments == {"path": "main.py"}
    body = served.requests[0].body
    assert (body["n"], body["temperature"], body["stop"], body["max_tokens"]) == (2, 0.5, ["END"], 50)
    assert body["tools"] == [{"type": "function", "function": tool}]
    assert body["response_format"]["json_schema"]["schema"] == schema
    assert [each["role"] for each in body["messages"]] == ["system", "assistant", "tool"]
    assert body["messages"][2]["tool_call_id"] == "1"


# --- names and keys ---


def test_an_address_alone_is_enough(served: Served) -> None:
    assert with_full_names(Models(api_base=served.address)).names == ("scripted",)
    assert with_full_names(Models(names=("scripted",), api_base=served.address)).names == ("scripted",)
    assert with_full_names(Models(names=("openai/scripted",), api_base=served.address)).names == ("scripted",)


def test_an_unknown_model_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean gpt-4o"):
        with_full_names(Models(names=("gpt-4oo",)))


def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(UsageError, match=r"set ANTHROPIC_API_KEY, or run without a model"):
        check_models(Models(names=("anthropic/claude-sonnet-4-5",)), {})
    with pytest.raises(UsageError, match="the variable NONE_SUCH is not set"):
        check_models(Models(names=(MODEL,), api_base="http://127.0.0.1:1/v1", key_env="NONE_SUCH"), {})


class Trickle(BaseHTTPRequestHandler):
    """A byte now and then, for ever."""

    def do_POST(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        with suppress(OSError):
            while not self.server.ended:  # type: ignore[attr-defined]
                self.wfile.write(b" ")
                time.sleep(0.2)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def trickle() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Trickle)
    server.ended = False  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.05,)).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.ended = True  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


class Echo(BaseHTTPRequestHandler):
    """A server that gives back what it was sent: in a reply, and in an error."""

    status = 200

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        said = f"you are {self.headers['Authorization']}"
        body: dict[str, Any] = {"error": {"message": said, "type": "x", "code": "x"}}
        if self.status == 200:
            call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": json.dumps({"said": said})}}
            message = {"role": "assistant", "content": said, "tool_calls": [call]}
            body = {
                "id": "1",
                "object": "chat.completion",
                "created": 0,
                "model": "m",
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
            }
        data = json.dumps(body).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def echo() -> Iterator[Callable[[int], str]]:
    servers = []

    def start(status: int) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Echo", (Echo,), {"status": status}))
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/v1"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_key_that_a_server_gives_back_is_not_kept(
    echo: Callable[[int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_API_KEY", CANARY)
    log = MemoryCallLog()
    with gateway(echo(200), log, key_env="MY_API_KEY") as opened:
        reply = ask(line(opened))
    assert texts(reply) == ["you are Bearer [key]"], "the key was sent, and cut out of the reply"
    assert reply["replies"][0]["tool_calls"][0]["arguments"] == {"said": "you are Bearer [key]"}
    assert CANARY not in repr([vars(call) for call in log.model_calls()])


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_a_key_that_an_error_gives_back_is_not_shown(
    echo: Callable[[int], str], monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setenv("MY_API_KEY", CANARY)
    with gateway(echo(status), key_env="MY_API_KEY", tries=1) as opened:
        try:
            said = str(ask(line(opened))["refused"])
        except (ProviderFailed, Unavailable) as error:
            said = str(error)
    assert "you are Bearer [key]" in said and CANARY not in said


def test_no_key_goes_to_an_address_that_it_is_not_for(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    with gateway(served.address) as opened:
        ask(line(opened))
    assert CANARY not in repr(served.requests[0].headers)
