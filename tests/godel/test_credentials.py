"""Credentials are never recorded, wherever they come in: an address, a variable's name, a setting, an error."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import complaint, godel

from godel.gateway.redact import leaked_variable, redacted, redacted_error

PASSWORD = "hunter2-hunter2"
KEY = "sk-canary-0123456789abcdef"
LAUNCH = ("launch", "run", "--scaffold", "stop", "--model", "openai/x")
WAYS = {
    "a password in an address": ("--api-base", f"http://me:{PASSWORD}@127.0.0.1:9/v1"),
    "a user alone": ("--api-base", f"http://{PASSWORD}@127.0.0.1:9/v1"),
    "a query": ("--api-base", f"http://127.0.0.1:9/v1?api_key={PASSWORD}"),
    "a fragment": ("--api-base", f"http://127.0.0.1:9/v1#{PASSWORD}"),
    "a setting": (f"model.api_base=http://me:{PASSWORD}@127.0.0.1:9/v1",),
    "a file": ("--config", "run.toml"),
    "the key for its variable": ("--api-base", "http://127.0.0.1:9/v1", "--key-env", f"sk-{PASSWORD}"),
    "an address for a model": ("--model", f"huggingface/https://me:{PASSWORD}@host/x"),
    "a key in a path": ("--api-base", f"http://127.0.0.1:9/{KEY}/v1"),
    "a key in a model's name": ("--api-base", "http://127.0.0.1:9/v1", "--model", f"openai/{KEY}"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_launch_with_a_credential_in_it_is_refused_and_nothing_is_kept(tmp_path: Path, way: str) -> None:
    (tmp_path / "run.toml").write_text(f'[model]\napi_base = "http://me:{PASSWORD}@127.0.0.1:9/v1"\n')
    done = godel(*LAUNCH, *WAYS[way], cwd=tmp_path, MY_API_KEY=KEY)
    line = complaint(done)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert PASSWORD not in line and KEY not in line
    assert any(hint in line for hint in ("--key-env NAME", "and never the key itself", "--api-base", "MY_API_KEY"))
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != "run.toml")
    assert PASSWORD.encode() not in kept and KEY.encode() not in kept


def test_an_error_is_recorded_without_keys_and_passwords() -> None:
    environment = {"MY_API_KEY": KEY, "HTTPS_PROXY": f"http://me:{PASSWORD}@proxy:3128", "HOME": "/home/me"}
    said = f"could not reach http://me:{PASSWORD}@proxy:3128 with {KEY}; tcp://you:other-secret@engine:2375"
    assert redacted_error(said, environment) == (
        "could not reach http://[key]@proxy:3128 with [key]; tcp://[key]@engine:2375"
    )
    assert redacted(f"the password {PASSWORD}", environment) == "the password [key]"
    assert redacted("see https://me@host/x", environment) == "see https://me@host/x"  # a reply is left as it is


def test_a_setting_with_a_key_in_it_is_found() -> None:
    environment = {"MY_API_KEY": KEY, "GOOGLE_APPLICATION_CREDENTIALS": "/home/me/key.json", "TOKEN": "short"}
    assert leaked_variable(f"http://host/{KEY}", environment) == "MY_API_KEY"
    assert leaked_variable("tasks in /home/me/key.json, short", environment) == ""
