"""`godel model check`, over real HTTP: what a model can do, and what it lacks."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command import godel

from godel.gateway.scripted import Faults, Script, Served
from godel.gateway.scripted.manners import Manners

LONG = "one two three four five six seven eight nine ten eleven twelve thirteen"
ABLE = [
    {"tools": True, "reply": [{"tool": "look", "arguments": {}}]},
    {"properties": "yes", "reply": ['{"yes": true}']},
    {"when": "Count", "reply": [LONG]},
    {"reply": ["yes"]},
]


@pytest.fixture
def able() -> Iterator[Served]:
    with Served(Script.of({"rule": ABLE})) as running:
        yield running


def checked(served: Served, cwd: Path, *more: str, code: int = 0, **environment: str) -> dict[str, Any]:
    done = godel("model", "check", "scripted", "--api-base", served.address, "--json", *more, cwd=cwd, **environment)
    assert done.returncode == code, done.stderr
    found = json.loads(done.stdout)
    return {**found, "able": {each["needs"]: each["able"] for each in found["findings"]}}


def test_a_model_that_can_do_all_is_asked_nine_times(able: Served, tmp_path: Path) -> None:
    found = checked(able, tmp_path)
    needs = ("answers", "usage", "n", "temperature", "seed", "max_tokens", "tools", "schema", "length")
    assert found["able"] == dict.fromkeys(needs, True)
    assert len(able.requests) == 9
    assert {each.body["model"] for each in able.requests} == {"scripted"}
    assert found["tokens"] > 0 and found["dollars"] is None


def test_what_it_lacks_is_said_in_a_table(tmp_path: Path) -> None:
    with Served(Script.of({"rule": [{"reply": ["yes"]}]})) as served:
        assert (
            checked(served, tmp_path)["able"] | {"tools": False, "schema": False, "length": False}
            == checked(served, tmp_path)["able"]
        )
        done = godel("model", "check", "scripted", "--api-base", served.address, cwd=tmp_path)
    assert done.returncode == 0, "it answers"
    assert "it was told to call a tool, and called none" in done.stdout
    assert "its reply is not the JSON that was asked for" in done.stdout
    assert "tokens, at an unknown price" in done.stdout


def test_one_that_does_not_answer_is_asked_once_and_fails(tmp_path: Path) -> None:
    with Served(Script.of({"rule": ABLE}), key="right") as served:
        found = checked(served, tmp_path, code=1)
        assert [each["problem"] for each in found["findings"]] == ["HTTP 401: this key is not the right one"]
        assert len(served.requests) == 1
        keyed = checked(served, tmp_path, "--key-env", "MY_KEY", MY_KEY="right")
        assert all(keyed["able"].values())


def test_a_server_that_is_not_there_is_named_as_such(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = godel("model", "check", "scripted", "--api-base", f"http://127.0.0.1:{port}/v1", cwd=tmp_path)
    assert done.returncode == 2 and "onnection refused" in done.stderr and str(port) in done.stderr
    assert "Traceback" not in done.stderr


def test_the_name_is_the_servers_own_and_another_one_is_told_the_nearest(tmp_path: Path) -> None:
    manners = Manners(names=("openai/gpt-oss-20b", "org/name:7b"))
    with Served(Script.of({"rule": ABLE}), manners=manners) as served:
        for name in ("openai/gpt-oss-20b", "org/name:7b"):
            done = godel("model", "check", name, "--api-base", served.address, "--json", cwd=tmp_path)
            assert done.returncode == 0, done.stderr
            assert served.requests[-1].body["model"] == name
        wrong = godel("model", "check", "org/nam:7b", "--api-base", served.address, cwd=tmp_path)
        assert wrong.returncode == 2 and "did you mean org/name:7b" in wrong.stderr
        assert len(served.requests) == 18, "a name that is unknown costs nothing"


def test_a_fault_at_one_request_is_shown_for_that_one_alone(tmp_path: Path) -> None:
    with Served(Script.of({"rule": ABLE}), Faults.script(["prose", "500"])) as served:
        found = checked(served, tmp_path)
    lacking = [each for each in found["findings"] if not each["able"]]
    assert len(lacking) == 1 and lacking[0]["problem"].startswith("HTTP 500: the server had an error")


def test_a_variable_that_is_not_set_is_bad_input(able: Served, tmp_path: Path) -> None:
    done = godel("model", "check", "scripted", "--api-base", able.address, "--key-env", "NONE_SUCH", cwd=tmp_path)
    assert done.returncode == 2 and "NONE_SUCH is not set" in done.stderr and not able.requests
