"""The stand-in for a model, asked as a gateway asks: over HTTP, by real clients."""

from __future__ import annotations

import itertools
import json
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from command import complaint, godel, start, variables

from godel.contract import Program, display
from godel.errors import ConfigError, UnknownName, UsageError
from godel.gateway.scripted import ALL, DEFAULT, Faults, Script, Served, script_file
from godel.gateway.scripted.faults import REMEMBERED

CODE = "Here it is.\n\n```python\nx = 1\n```\n\nThat's all.\n"
TOOLS = [{"type": "function", "function": {"name": "read", "parameters": {"type": "object", "properties": {}}}}]
THREE = {"rule": [{"reply": ["one", "two", "three"]}]}
CODED = Script.of({"rule": [{"reply": [CODE]}]})


def said(*contents: Any) -> list[dict[str, Any]]:
    """A conversation: the user's message, the assistant's, the user's, …"""
    return [{"role": role, "content": each} for role, each in zip(itertools.cycle(("user", "assistant")), contents)]


def request(*contents: Any, **more: Any) -> dict[str, Any]:
    return {"model": "scripted", "messages": said(*contents or ("hello",)), **more}


def shown(*programs: Program) -> dict[str, Any]:
    """A request that shows these programs, one after the other, and has an answer that shows another."""
    texts = [display.shown(program) for program in programs]
    return request("\n\n".join(["Improve this.", *texts]), "main.py\n```python\nreplied = 1\n```", "Again.")


def answering(*calls: tuple[str, dict[str, Any]], role: str = "tool") -> dict[str, Any]:
    """A conversation whose last message answers the last of these calls of tools."""
    asked = [
        {"id": str(n), "function": {"name": name, "arguments": json.dumps(more)}}
        for n, (name, more) in enumerate(calls)
    ]
    reply = {"role": "assistant", "content": None, "tool_calls": asked}
    last = {"role": role, "content": "done", "tool_call_id": str(len(calls) - 1)}
    return {**request(), "messages": [*said("go"), reply, last]}


def formed(schema: Any) -> dict[str, Any]:
    return request(response_format={"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}})


ONE, TWO = Program({"main.py": "SIZE = 1\n"}), Program({"main.py": "SIZE = 2\n", "prompts/a.md": "# A\n"})
LISTED = {"type": "object", "properties": {"reason": {}, "better": {}}}


def post(served: Served, body: Any, **options: Any) -> httpx.Response:
    return httpx.post(f"{served.address}/chat/completions", json=body, timeout=60, verify=False, **options)


def choices(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    return list(response.json()["choices"])


def texts(response: httpx.Response) -> list[Any]:
    return [choice["message"]["content"] for choice in choices(response)]


def error(response: httpx.Response) -> dict[str, Any]:
    assert response.json().keys() == {"error"}
    assert response.json()["error"].keys() == {"message", "type", "code"}
    return dict(response.json()["error"])


@pytest.fixture
def three() -> Iterator[Served]:
    with Served(Script.of(THREE)) as served:
        yield served


FITTING = [
    ({"when": "^two.*four$"}, request("one\ntwo", "three\nfour"), request("one two", "four")),
    ({"unless": "secret"}, request("open"), request("a secret", "b", "c")),
    ({"last": "^b"}, request("a", "", "b"), request("b", "", "a")),
    ({"model": "^big"}, {**request(), "model": "big-1"}, {**request(), "model": "small"}),
    ({"tools": True}, request(tools=TOOLS), request()),
    ({"tools": True}, request(tools=TOOLS), request(tools=TOOLS, tool_choice="none")),
    ({"tools": False}, request(tools=[]), request(tools=TOOLS)),
    ({"turn": 0}, request("a"), request("a", "b", "c")),
    ({"turn": 1}, request("a", "b", "c"), request("a")),
    (
        {"when": "part two"},
        request([{"type": "text", "text": "part "}, {"type": "image_url"}, {"text": "two"}]),
        request([{"type": "text", "text": "part"}]),
    ),
    ({"files": {"main.py": "^SIZE = 2"}}, shown(TWO), shown(ONE)),
    ({"files": {"main.py": "^SIZE = 2"}}, shown(ONE, TWO), shown(TWO, ONE)),  # it is the last one that counts
    ({"files": {"main.py": "SIZE", "prompts/a.md": "^# A$"}}, shown(TWO), shown(ONE)),
    ({"files": {"main.py": "replied"}}, request("main.py\n```\nreplied\n```"), shown(ONE)),
    ({"after": "^read "}, answering(("edit", {}), ("read", {"path": "a"})), answering(("read", {}), ("edit", {}))),
    ({"after": "b.py"}, answering(("read", {"path": "b.py"})), answering(("read", {"path": "a.py"}))),
    ({"after": "^read "}, answering(("read", {})), answering(("read", {}), role="user")),
    ({"properties": "better"}, formed(LISTED), formed({"type": "object", "properties": {"score": {}}})),
    ({"properties": "better"}, formed(LISTED), formed(["better"])),
    ({"properties": "better"}, formed(LISTED), request(response_format="better")),
    ({"after": "^$"}, {**answering(), "messages": [{"role": "tool", "tool_call_id": [1]}]}, answering(("read", {}))),
    ({"when": "a", "last": "c", "turn": 1}, request("a", "b", "c"), request("a", "b", "d")),
]


@pytest.mark.parametrize(("rule", "fitting", "other"), FITTING, ids=lambda each: str(each)[:40])
def test_a_rule_answers_what_it_fits(rule: dict[str, Any], fitting: dict[str, Any], other: dict[str, Any]) -> None:
    script = Script.of({"rule": [{**rule, "reply": ["fits"]}, {"reply": ["fits not"]}, {"reply": ["never"]}]})
    with Served(script) as served:
        assert (texts(post(served, fitting)), texts(post(served, other))) == (["fits"], ["fits not"])


def test_a_script_knows_the_scaffold_that_it_lies_beside(tmp_path: Path) -> None:
    rules = "[[rule]]\nseed = true\nreply = ['as it was']\n[[rule]]\nseed = false\nreply = ['changed']\n"
    main = "def improve(program, utility, model, rng):\n    return program\n"
    (tmp_path / "script.toml").write_text(rules)
    (tmp_path / "main.py").write_text(main)
    (tmp_path / "a.md").write_text("# A\n")
    (tmp_path / "scaffold.toml").write_text('name = "mine"\neditable = ["main.py", "a.md"]\n')
    seed = Program({"main.py": main, "a.md": "# A\n"})
    changed = seed.with_file("a.md", "# B\n"), Program({"main.py": main})
    with Served(Script.load(script_file(str(tmp_path)))) as served:
        assert texts(post(served, shown(seed))) == ["as it was"]
        assert [texts(post(served, shown(each))) for each in changed] == [["changed"], ["changed"]]


def test_where_no_rule_fits_the_caller_sees_it() -> None:
    with Served(
        Script.of({"rule": [{"when": "^Improve", "reply": ["no"]}]}, "mine.toml"), Faults.script(["500"])
    ) as it:
        refused = post(it, request("Hello", "there", "General"))
        assert refused.status_code == 400 and error(refused)["type"] == "invalid_request_error"
        assert "no rule of mine.toml fits this conversation; its last message: 'General'" in error(refused)["message"]
        assert not it.faults_made


def test_a_reply_quotes_the_conversation() -> None:
    rule = {
        "when": r"File: (?P<path>\S+)(?P<more> again)?",
        "reply": [
            {
                "text": "{{path}}|{{more}}|{{last_code}}|{{other}}|{{ path }}",
                "tool": "write",
                "arguments": {"path": "{{path}}", "lines": ["{{last_code}}", 3], "{{path}}": {"deep": "{{path}}"}},
            }
        ],
    }
    prompt = "```\nold\n```\nFile: a.py\n````python\nx = '{{path}}'\n```\n````\nGo.\n``` not a block"
    with Served(Script.of({"rule": [rule]})) as served:
        (choice,) = choices(post(served, request(prompt)))
    code = "x = '{{path}}'\n```\n"
    assert choice["message"]["content"] == f"a.py||{code}|{{{{other}}}}|{{{{ path }}}}"
    arguments = json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"])
    assert arguments == {"path": "a.py", "lines": [code, 3], "{{path}}": {"deep": "a.py"}}


def test_a_reply_calls_tools() -> None:
    reply = {
        "tool": "read",
        "arguments": {"path": "a"},
        "calls": [{"name": "list"}, {"name": "x", "arguments": "{bro"}],
    }
    with Served(Script.of({"rule": [{"reply": [reply]}]})) as served:
        one, two = choices(post(served, request(tools=TOOLS, n=2)))
    assert one["finish_reason"] == "tool_calls" and one["message"]["content"] is None
    called = [call["function"] for call in one["message"]["tool_calls"]]
    assert called == [
        {"name": "read", "arguments": '{"path": "a"}'},
        {"name": "list", "arguments": "{}"},
        {"name": "x", "arguments": "{bro"},
    ]
    ids = {call["id"] for choice in (one, two) for call in choice["message"]["tool_calls"]}
    assert len(ids) == 6


REPLY = {"reply": ["a"]}
BROKEN = [
    ({}, "it.toml: rule: expected at least one [[rule]]"),
    ({"rule": []}, "it.toml: rule: expected at least one [[rule]]"),
    ({"rules": []}, "unknown key in it.toml 'rules'; did you mean rule?"),
    ({"rule": [REPLY, 5]}, "it.toml, rule 2: expected a table; given: 5"),
    ({"rule": [REPLY, {**REPLY, "whne": "a"}]}, "unknown key in it.toml, rule 2 'whne'; did you mean when?"),
    ({"rule": [{"when": "a"}]}, "it.toml, rule 1: reply: expected at least one"),
    ({"rule": [{"reply": []}]}, "it.toml, rule 1: reply: expected at least one"),
    ({"rule": [{"reply": "text"}]}, "it.toml, rule 1: reply: expected a list, such as reply=[...]; given: 'text'"),
    ({"rule": [{"reply": ["a", ""]}]}, "it.toml, rule 1, reply 2: expected text, a tool or calls; given none of them"),
    ({"rule": [{"reply": ["a", 3]}]}, "it.toml, rule 1, reply 2: expected a table; given: 3"),
    ({"rule": [{"reply": [{"txt": "a"}]}]}, "unknown key in it.toml, rule 1, reply 1 'txt'; did you mean text?"),
    ({"rule": [{"reply": [{"text": "a", "arguments": {}}]}]}, "reply 1: arguments: expected a tool that takes them"),
    ({"rule": [{"reply": [{"tool": "a", "arguments": 3}]}]}, "reply 1: arguments: expected a table, or text; given: 3"),
    ({"rule": [{"reply": [{"tool": "a", "arguments": {"x": float("inf")}}]}]}, "reply 1: arguments: Out of range"),
    ({"rule": [{"reply": [{"calls": [{"name": ""}]}]}]}, "reply 1, call 1: name: expected text that is not empty"),
    ({"rule": [{"reply": [{"calls": [{"name": "a", "tool": "b"}]}]}]}, "rule 1, reply 1, call 1 'tool'; there are"),
    ({"rule": [{**REPLY, "turn": True}]}, "turn: expected a whole number from 0 to 1,000,000; given: True"),
    ({"rule": [{**REPLY, "files": {"a.py": "b("}}]}, "rule 1: files: a.py: expected a regular expression (missing )"),
    *(
        ({"rule": [{**REPLY, key: "a("}]}, f"it.toml, rule 1: {key}: expected a regular expression (missing )")
        for key in ("when", "unless", "last", "model", "properties", "after")
    ),
]


@pytest.mark.parametrize(("data", "says"), BROKEN, ids=[says[:60] for _, says in BROKEN])
def test_what_is_wrong_with_a_script_is_said(data: dict[str, Any], says: str) -> None:
    with pytest.raises((ConfigError, UnknownName), match=re.escape(says)):
        Script.of(data, "it.toml")


@pytest.mark.parametrize("text", [None, "[[rule]\n", b"\xff", "[[rule]]\nreply = []\n"])
def test_the_file_of_a_script_is_named(text: str | bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError, match=r"mine\.toml[:,] "):
        Script.load(file)


def test_samples_vary_and_depend_on_the_request_alone(three: Served) -> None:
    all_three = texts(post(three, request(n=3)))
    assert sorted(all_three) == ["one", "three", "two"] == sorted(set(texts(post(three, request(n=7)))))
    firsts = {text: texts(post(three, request(text))) for text in map(str, range(20))}
    assert len({*map(tuple, firsts.values())}) == 3
    assert {text: texts(post(three, request(text))) for text in reversed(firsts)} == firsts
    assert len({*(texts(post(three, request(seed=seed)))[0] for seed in range(20))}) == 3
    assert len({*(texts(post(three, {**request(), "model": str(k)}))[0] for k in range(20))}) == 3


def test_at_temperature_0_it_is_always_the_first(three: Served) -> None:
    assert all(texts(post(three, request(str(k), temperature=0, n=3))) == ["one"] * 3 for k in range(10))


def test_the_same_request_is_answered_by_the_same_bytes(three: Served) -> None:
    assert post(three, request(n=2)).content == post(three, request(n=2)).content


def tries(served: Served, body: dict[str, Any]) -> list[tuple[int, bytes]]:
    """What three tries of one request give: status (0: hung up on) and bytes."""
    return [attempt(served, body) for _ in range(3)]


def attempt(served: Served, body: dict[str, Any]) -> tuple[int, bytes]:
    try:
        response = post(served, body)
    except httpx.RemoteProtocolError:
        return 0, b""
    return response.status_code, response.content


def test_neither_order_nor_threads_change_a_reply_or_a_fault() -> None:
    bodies = [request(f"Prompt {k}", n=1 + k % 3, temperature=k % 2, tools=TOOLS) for k in range(60)]
    shuffled = random.Random(1).sample(bodies, len(bodies))
    rule = {"reply": [CODE, "two", {"text": "three", "tool": "read"}]}
    found, made = [], []
    for order, threads in ((bodies, 1), (shuffled, 12)):
        faults = Faults(0.4, seed=3, slow_s=0.01, enormous_bytes=1000)
        with Served(Script.of({"rule": [rule]}), faults) as served, ThreadPoolExecutor(threads) as pool:
            replies = pool.map(lambda body, served=served: tries(served, body), order)
            found.append({json.dumps(body): reply for body, reply in zip(order, replies, strict=True)})
            made.append(served.faults_made)
    assert found[0] == found[1] and made[0] == made[1]
    assert len({reply[2][1] for reply in found[0].values()}) == 60
    assert len(made[0]) > 8


def test_a_reply_ends_at_a_stop(three: Served) -> None:
    cut = choices(post(three, request(temperature=0, stop=["e", "n"])))[0]
    assert (cut["message"]["content"], cut["finish_reason"]) == ("o", "stop")
    assert texts(post(three, request(temperature=0, stop="one"))) == [""]
    assert texts(post(three, request(temperature=0, stop=["", "x"]))) == ["one"]


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_a_reply_ends_at_its_most_tokens(name: str) -> None:
    reply = {"text": "ééééé", "tool": "read"}
    with Served(Script.of({"rule": [{"reply": [reply]}]})) as served:
        cut = post(served, request(**{name: 2}))
        whole = post(served, request(**{name: 3}))
    assert choices(cut)[0] == {
        "index": 0,
        "logprobs": None,
        "finish_reason": "length",
        "message": {"role": "assistant", "content": "éééé"},
    }
    assert cut.json()["usage"]["completion_tokens"] == 2
    assert texts(whole) == ["ééééé"] and choices(whole)[0]["finish_reason"] == "tool_calls"


def test_usage_counts_all_that_was_said_and_offered(three: Served) -> None:
    def usage(**more: Any) -> dict[str, int]:
        return dict(post(three, request("x" * 41, temperature=0, **more)).json()["usage"])

    assert usage(n=2) == {"prompt_tokens": 11, "completion_tokens": 2, "total_tokens": 13}
    assert usage(tools=TOOLS)["prompt_tokens"] > 11
    assert post(three, request("")).json()["usage"]["prompt_tokens"] == 1


def test_half_a_surrogate_pair_is_a_text_like_any_other() -> None:
    with Served(Script.of({"rule": [{"when": "(?P<all>.*)", "reply": ["{{all}}"]}]})) as served:
        body = json.dumps(request("\ud800" * 3))
        response = httpx.post(f"{served.address}/chat/completions", content=body)
    assert choices(response)[0]["message"]["content"] == "\ud800" * 3


BAD = [
    ("text", "the body must be a JSON object"),
    ({"model": "m"}, "'messages' must be a list"),
    ({**request(), "messages": []}, "'messages' must be a list"),
    ({**request(), "messages": [{"content": "a"}]}, "'messages[0]' must be an object with a role"),
    (request("a", 3), "'messages[1].content' must be text, a list of parts or null"),
    ({"messages": said("a")}, "'model' must be text"),
    (request(n=0), "'n' must be a whole number from 1 to 128; given: 0"),
    (request(n=True), "'n' must be"),
    (request(max_tokens=0), "'max_tokens' must be"),
    (request(temperature=3), "'temperature' must be a number from 0 to 2; given: 3"),
    (request(stop=["a"] * 5), "'stop' must be text or up to 4 texts"),
    (request(stop=[1]), "'stop' must be"),
    (request(stream=True), "'stream' is not offered here"),
]


@pytest.mark.parametrize(("body", "says"), BAD, ids=[says[:40] for _, says in BAD])
def test_a_bad_request_is_refused(three: Served, body: Any, says: str) -> None:
    refused = post(three, body)
    assert refused.status_code == 400 and error(refused)["type"] == "invalid_request_error"
    assert says in error(refused)["message"]


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000], ids=["half", "no UTF-8", "deep"])
def test_what_is_no_json_is_refused_and_remembered(three: Served, content: bytes) -> None:
    assert httpx.post(f"{three.address}/chat/completions", content=content).status_code == 400
    assert [each.body for each in three.requests] == [None]


def test_null_counts_as_absent(three: Served) -> None:
    nulls = dict.fromkeys(("n", "stop", "max_tokens", "tools", "seed", "stream", "temperature", "response_format"))
    assert texts(post(three, request(**nulls))) == texts(post(three, request()))


def test_a_schema_is_accepted(three: Served) -> None:
    assert texts(post(three, request(response_format={"type": "json_object"})))


def test_a_body_without_a_length_is_refused(three: Served) -> None:
    refused = httpx.post(f"{three.address}/chat/completions", content=iter([b"{}"]))
    assert refused.status_code == 413 and "Content-Length" in error(refused)["message"]
    assert texts(post(three, request()))


def test_it_is_found_where_clients_look(three: Served) -> None:
    short = three.address.removesuffix("/v1")
    assert httpx.post(f"{short}/chat/completions", json=request()).status_code == 200
    models = httpx.get(f"{three.address}/models").json()
    assert [each["id"] for each in models["data"]] == ["scripted"]
    for response in (httpx.get(f"{three.address}/chat/completions"), httpx.post(f"{three.address}/x", json={})):
        assert response.status_code == 404 and "POST /v1/chat/completions" in error(response)["message"]
    assert len(three.requests) == 1


def test_a_key_is_asked_for_where_there_is_one() -> None:
    with Served(Script.of(THREE), key="right") as served:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "right"}):
            refused = post(served, request(), headers=headers)
            assert refused.status_code == 401 and error(refused)["code"] == "invalid_api_key"
            assert httpx.get(f"{served.address}/models", headers=headers).status_code == 401
        assert post(served, request(), headers={"Authorization": "Bearer right"}).status_code == 200
        keys = [each.headers.get("authorization") for each in served.requests]
        assert keys == [None, "Bearer wrong", "right", "Bearer right"]
        assert served.requests[-1].body == request()


def test_other_addresses_of_this_machine_are_not_served(three: Served) -> None:
    with pytest.raises(httpx.ConnectError):
        httpx.get(three.address.replace("127.0.0.1", "127.0.0.2"))
    assert httpx.get(f"{three.address}/models").status_code == 200


def test_a_thousand_requests_leave_nothing_behind() -> None:
    with Served(Script.of(THREE), keep=20) as served, httpx.Client(base_url=served.address) as client:
        client.post("/chat/completions", json=request())
        threads = threading.active_count()
        for k in range(1000):
            assert client.post("/chat/completions", json=request(str(k))).status_code == 200
        assert threading.active_count() == threads
        assert [each.body["messages"][0]["content"] for each in served.requests] == [str(k) for k in range(980, 1000)]


def through(kind: str, body: dict[str, Any] | None = None, script: Script = CODED, **options: Any) -> httpx.Response:
    """The reply to the request that a fault befell; the next one is in order."""
    with Served(script, Faults.script([kind], **options)) as served:
        response = post(served, body or request())
        assert served.faults_made == {kind: 1}
        assert texts(post(served, body or request()))[0] == CODE
        assert served.faults_made == {kind: 1}
    return response


def test_every_kind_is_made_and_counted() -> None:
    with Served(CODED, Faults.script(ALL, slow_s=0.01)) as served:
        statuses = [attempt(served, request())[0] for _ in (*ALL, "none")]
        assert served.faults_made == Counter(ALL)
    assert statuses == [200, 429, 500, 503, 0, 0, *[200] * 8]


@pytest.mark.parametrize("kind", ["429", "500", "503"])
def test_errors_of_a_server(kind: str) -> None:
    response = through(kind)
    assert response.status_code == int(kind) and error(response)["message"]
    assert response.headers.get("retry-after") == ("1" if kind == "429" else None)


@pytest.mark.parametrize(
    ("kind", "says"), [("cut", "without sending complete message body"), ("drop", "without sending a response")]
)
def test_connections_that_break(kind: str, says: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match=says):
        through(kind)


def test_malformed() -> None:
    response = through("malformed")
    assert response.status_code == 200 and len(response.content) == int(response.headers["content-length"])
    with pytest.raises(json.JSONDecodeError):
        response.json()


def test_slow_waits_and_then_answers() -> None:
    with Served(CODED, Faults.script(["slow"], slow_s=5)) as served:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{served.address}/chat/completions", json=request(), timeout=0.2)
        assert served.faults_made == {"slow": 1}
    assert texts(through("slow", slow_s=0.01)) == [CODE]


def test_empty() -> None:
    for choice in choices(through("empty", request(n=2))):
        assert choice["message"] == {"role": "assistant", "content": ""} and choice["finish_reason"] == "stop"


def test_enormous() -> None:
    response = through("enormous", request(n=2, max_tokens=5000), enormous_bytes=1 << 20)
    assert [len(text) for text in texts(response)] == [1 << 19] * 2
    assert response.json()["usage"]["completion_tokens"] == 1 << 18


def test_refusal() -> None:
    (choice,) = choices(through("refusal"))
    assert choice["message"]["content"] is None and "can't help" in choice["message"]["refusal"]
    assert choice["finish_reason"] == "content_filter"


DRESSED = {
    "wrong fence": {CODE.replace("```python", "```js"), CODE.replace("```python", "```")},
    "crlf": {CODE.replace("\n", "\r\n")},
}


@pytest.mark.parametrize("kind", DRESSED)
def test_dressings_keep_what_a_reply_means(kind: str) -> None:
    assert set(texts(through(kind, request(n=2)))) <= DRESSED[kind]


def test_a_language_is_put_in_where_there_was_none_and_only_before_a_block() -> None:
    bare = "A:\n```\nx\n```\n\n```py\ny\n```\n"
    with Served(Script.of({"rule": [{"reply": [bare, bare + " "]}]}), Faults.script(["wrong fence"])) as served:
        found = texts(post(served, request(n=2)))[0]
    assert found.startswith("A:\n```js\nx\n```\n\n```") and found.count("```") == 4 and "py" not in found


def test_prose_stands_around_the_reply() -> None:
    (text,) = texts(through("prose"))
    before, after = text.split(CODE)
    assert before.strip().endswith(".") and after.strip().endswith(".")


@pytest.mark.parametrize("kind", ["wrong fence", "crlf", "prose"])
def test_a_reply_without_a_block_is_not_dressed(kind: str) -> None:
    with Served(Script.of(THREE), Faults.script([kind])) as served:
        assert texts(post(served, request(temperature=0))) == ["one"]
        assert not served.faults_made


def test_who_tries_three_times_gets_through_whoever_else_asks() -> None:
    faults = Faults(1.0, kinds=["500", "drop", "cut", "malformed"])
    with Served(CODED, faults) as served, ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: tries(served, request()), range(8)):
            assert json.loads(found[2][1])["choices"][0]["message"]["content"] == CODE
        assert served.faults_made.total() == 2


def test_an_ordinary_client_gets_through() -> None:
    with Served(CODED, Faults(1.0, kinds=["500", "drop", "cut", "503"])) as served:
        client = openai.OpenAI(base_url=served.address, api_key="any", max_retries=2)
        with client:
            made = client.chat.completions.create(model="scripted", messages=[{"role": "user", "content": "hello"}])
        assert made.choices[0].message.content == CODE and served.faults_made.total() == 2


def drawn(faults: Faults, count: int = 1000) -> list[str | None]:
    return [faults.draw(f"request {k}", fenced=True) for k in range(count)]


def test_faults_come_at_their_rate_and_by_their_seed() -> None:
    found = drawn(Faults(0.3))
    assert set(found) == {*ALL, None} and 250 < sum(kind is not None for kind in found) < 350
    assert found == drawn(Faults(0.3)) != drawn(Faults(0.3, seed=1))
    assert set(drawn(Faults(0.3, ["500"]))) == {"500", None}
    assert set(drawn(Faults())) == {None} and None not in drawn(Faults(1.0))


def test_tries_are_forgotten_in_the_end() -> None:
    faults = Faults(1.0, ["500"])
    assert [faults.draw("this", fenced=True) for _ in range(4)] == ["500", "500", None, None]
    drawn(faults, REMEMBERED)
    assert faults.draw("this", fenced=True) == "500"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"kinds": ["slwo"]}, "unknown kind of fault 'slwo'; did you mean slow?"),
        ({"rate": 1.5}, "rate of faults: expected a number from 0 to 1; given: 1.5"),
        ({"rate": 0.5, "kinds": []}, "kinds of faults: expected at least one"),
    ],
)
def test_faults_that_there_are_not(options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        Faults(**options)


def test_leaving_ends_every_thread_and_connection(capfd: pytest.CaptureFixture[str]) -> None:
    before = threading.active_count()
    with (
        httpx.Client() as idle,
        ThreadPoolExecutor(1) as pool,
        Served(CODED, Faults.script(["slow"], slow_s=3600)) as served,
    ):
        assert idle.get(f"{served.address}/models").status_code == 200
        waiting = pool.submit(attempt, served, request())
        while not served.faults_made:
            time.sleep(0.01)
        address = served.address
        silent = socket.create_connection(("127.0.0.1", int(address.split(":")[2].split("/")[0])))
    with silent, suppress(ConnectionResetError):  # which is how one ends that nobody had accepted yet
        assert silent.recv(1) == b""
    assert waiting.result() == (0, b"")
    assert threading.active_count() == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/models")
    assert capfd.readouterr() == ("", "")


def test_who_leaves_in_the_middle_is_not_complained_of(capfd: pytest.CaptureFixture[str]) -> None:
    with Served(CODED, Faults.script(["enormous"] * 3, enormous_bytes=32 << 20)) as served:
        for _ in range(3):
            with httpx.stream("POST", f"{served.address}/chat/completions", json=request()) as response:
                next(response.iter_raw(100))
        assert texts(post(served, request())) == [CODE]
    assert capfd.readouterr() == ("", "")


def test_a_port_that_is_taken(three: Served) -> None:
    port = int(three.address.split(":")[2].split("/")[0])
    with (
        pytest.raises(ConfigError, match=f"port {port}: Address already in use; give another"),
        Served(CODED, port=port),
    ):
        pass


LITELLM = """
import json, sys
import litellm
from godel.gateway.scripted import ALL, Faults, Script, Served

litellm.suppress_debug_info = True

def outcome(served, key="x"):
    try:
        reply = litellm.completion(model="openai/scripted", api_base=served.address, api_key=key, num_retries=0,
                                   messages=[{"role": "user", "content": "hello"}], timeout=1)
    except Exception as error:
        return type(error).__name__
    return [reply.choices[0].finish_reason, len(reply.choices[0].message.content or "")]

found = {}
for kind in ALL:
    script = Script.of({"rule": [{"reply": [sys.argv[1]]}]})
    with Served(script, Faults.script([kind] * 3, slow_s=3, enormous_bytes=1000)) as served:
        found[kind] = outcome(served)
        assert len(served.requests) == 1, "it asked again by itself"
with Served(Script.of({"rule": [{"when": "other", "reply": ["a"]}]}), key="right") as served:
    found["no rule"], found["wrong key"] = outcome(served, "right"), outcome(served, "wrong")
found["gone"] = outcome(served) if served else None
print(json.dumps(found))
"""


@pytest.mark.slow
def test_what_a_gateway_sees_of_each_kind(tmp_path: Path) -> None:
    """litellm's classes: some of them say less than one would like."""
    done = subprocess.run(
        [sys.executable, "-c", LITELLM, CODE],
        capture_output=True,
        text=True,
        timeout=300,
        env=variables(tmp_path, LITELLM_LOCAL_MODEL_COST_MAP="True"),
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    dressed = {kind: found.pop(kind) for kind in ("wrong fence", "crlf", "prose")}
    assert found == {
        "slow": "Timeout",
        "429": "RateLimitError",
        "500": "InternalServerError",
        "503": "ServiceUnavailableError",
        "cut": "InternalServerError",
        "drop": "InternalServerError",
        "malformed": "InternalServerError",
        "empty": ["stop", 0],
        "enormous": ["stop", 1000],
        "refusal": ["content_filter", 0],
        "no rule": "BadRequestError",
        "wrong key": "AuthenticationError",
        "gone": "InternalServerError",
    }
    assert all(reply[0] == "stop" and reply[1] > 30 for reply in dressed.values())


PRIORITY = "Improve this:\n```python\ndef priority(item: float, bins: np.ndarray) -> np.ndarray:\n    ...\n```\n"


def test_the_script_that_comes_with_it_knows_bin_packing(tmp_path: Path) -> None:
    with Served(Script.load(DEFAULT)) as served:
        replies = texts(post(served, request(PRIORITY, n=3)))
        assert "no idea" in texts(post(served, request("What is love?")))[0]
    excesses = [excess(reply.split("```python\n")[1].split("```")[0]) for reply in replies]
    assert len(set(excesses)) == 3 and max(excesses) == excess("def priority(item, bins): return item - bins")


def excess(source: str) -> float:
    """Bins over the lower bound, in sum over a few instances."""
    from godel.tasks.online_bin_packing import driver, judge

    names: dict[str, Any] = {}
    exec(compile(source, "reply", "exec"), names)
    preset = {"uniform": 4, "uniform_items": 100, "weibull": 4, "weibull_items": 150, "cuts": 4}
    made = [judge.instance(seed, preset) for seed in range(8)]
    return sum(
        judge.used(driver.place(names["priority"], each.capacity, each.items), each) / bound
        for one in made
        for each, bound in zip(one.streams, one.bounds, strict=True)
    )


@contextmanager
def serving(*arguments: str, cwd: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`godel model serve`, and the line that it prints once it serves."""
    with start("model", "serve", *arguments, cwd=cwd) as process:
        try:
            assert process.stdout
            yield process, process.stdout.readline()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_interrupted(number: signal.Signals, tmp_path: Path) -> None:
    with serving(cwd=tmp_path) as (process, line):
        address = line.split()[2].removesuffix(":")
        use = f"{sys.executable} -m godel launch --scaffold stop --model openai/scripted --api-base {address}"
        assert line == f"serving at {address}: {use}\n" and address.startswith("http://127.0.0.1:")
        with httpx.Client(base_url=address) as client:
            assert "no idea" in client.post("/chat/completions", json=request()).text
            process.send_signal(number)
            rest, complaints = process.communicate(timeout=60)
    assert (process.returncode, rest, complaints) == (130, "", "godel: interrupted\n")


def test_the_command_takes_a_script_faults_and_a_key(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[[rule]]\nreply = ["mine"]\n')
    options = ("--faults", "1", "--kind", "500", "--kind", "503", "--fault-seed", "4", "--key", "right")
    with serving("--script", "mine.toml", *options, cwd=tmp_path) as (_, line):
        url, headers = f"{line.split()[2].removesuffix(':')}/chat/completions", {"Authorization": "Bearer right"}
        statuses = [httpx.post(url, json=request(), headers=headers).status_code for _ in range(3)]
        assert {*statuses[:2]} <= {500, 503} and statuses[2] == 200
        assert httpx.post(url, json=request(), headers=headers).json()["choices"][0]["message"]["content"] == "mine"
        assert httpx.post(url, json=request()).status_code == 401


def test_the_command_takes_manners_and_a_name(tmp_path: Path) -> None:
    with serving("--manner", "no usage", "--manner", "ignores n", "--name", "mine", cwd=tmp_path) as (_, line):
        assert " --model mine " in line
        url = f"{line.split()[2].removesuffix(':')}/chat/completions"
        answered = httpx.post(url, json=request(model="mine", n=3)).json()
        assert len(answered["choices"]) == 1 and "usage" not in answered
        assert httpx.post(url, json=request(model="other")).status_code == 404


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--faults", "0.1", "--kind", "slwo"), "unknown kind of fault 'slwo'; did you mean slow?"),
        (("--kind", "slow"), "--kind: nothing goes wrong without --faults RATE"),
        (("--faults", "2"), "--faults: expected a number from 0 to 1; given: '2'"),
        (("--script", "none.toml"), "none.toml: No such file or directory; expected a TOML file of rules"),
        (("--port", "99999"), "--port"),
        (("--manner", "ignore n"), "unknown manner 'ignore n'; did you mean ignores n"),
    ],
)
def test_the_command_refuses(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = godel("model", "serve", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "") and says in complaint(done)


def test_the_command_says_that_a_port_is_taken(three: Served, tmp_path: Path) -> None:
    port = three.address.split(":")[2].split("/")[0]
    done = godel("model", "serve", "--port", port, cwd=tmp_path)
    assert done.returncode == 2 and f"port {port}: Address already in use" in complaint(done)
