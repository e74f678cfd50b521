"""A run's file from somebody else names an address, a key's variable, a cache, a runtime, or a module as a policy:
nothing goes there, not even a connection, and nothing is imported, before whoever calls says so. In the folder of
one's own run nothing changes."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from command import ROOT, complaint, godel
from made import generation
from runs import small_run, tier_or_skip

from godel import local
from godel.config import validate
from godel.gateway.scripted import Script, Served
from godel.lineage import Status, Transcript
from godel.lineage.records import events
from godel.lineage.store import Store
from godel.loop.open_run import opened
from godel.loop.records import Records
from godel.loop.run_folder import FILE, create, planned, write
from godel.sandbox import Tier
from godel.tasks import judging_version
from godel.tasks.record import to_bytes

KEY = "sk-canary-0123456789abcdef"
SCAFFOLD = """
def improve(program, utility, model, rng):
    model("hello", n=1, temperature=0.0)
    return program
"""
MANIFEST = 'name = "asks"\neditable = ["main.py"]\nneeds_model = true\n'
COMMANDS = {
    "resume": ("resume", "run"),
    "resume with more": ("resume", "run", "--generations", "9"),
    "report": ("report", "run"),
    "replay today": ("replay", "run", "seed", "--task", "online_bin_packing", "--seeds", "1"),
    "with another address": ("resume", "run", "--api-base", "http://127.0.0.1:9/v1"),
}


@pytest.fixture
def bubblewrap() -> Tier:
    return tier_or_skip("bubblewrap")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """The stranger's address: whoever connects is in its backlog."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.setblocking(False)
        yield made


@pytest.fixture
def scaffold(tmp_path: Path) -> Path:
    folder = tmp_path / "asks"
    folder.mkdir()
    (folder / "main.py").write_text(SCAFFOLD)
    (folder / "scaffold.toml").write_text(MANIFEST)
    return folder


def made_by(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process is of the installation at `home` from now on."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("MY_API_KEY", KEY)


def run_at(address: str, tier: Tier, scaffold: Path, **options: Any) -> Any:
    given = {
        "scaffold": str(scaffold),
        "generations": 1,
        "model__names": ["openai/scripted"],
        "model__api_base": address,
        "model__key_env": "MY_API_KEY",
        "acceptance": "any",
    }
    return small_run(tier, "scoring.search_seeds=1", **{**given, **options})


@contextmanager
def abandoned(tier: Tier, scaffold: Path, folder: Path, **options: Any) -> Iterator[tuple[str, socket.socket]]:
    """A run that was made at an address where somebody else listens now."""
    with Served(Script.of({"rule": [{"reply": ["hello"]}]})) as served:
        address = served.address
        create(folder, run_at(address, tier, scaffold, **options))
    with socket.create_server(("127.0.0.1", urlsplit(address).port or 0)) as listener:
        listener.setblocking(False)
        yield address, listener


def connected(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.mark.bubblewrap
def test_nothing_goes_to_a_strangers_address(
    bubblewrap: Tier, scaffold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_by(tmp_path / "stranger", monkeypatch)
    cache, folder = str(tmp_path / "cache.db"), tmp_path / "mine" / "run"
    with abandoned(bubblewrap, scaffold, folder, model__cache=cache) as (address, listener):
        with Store.open(folder / FILE, writable=True) as store:
            store.record(generation(0, None, store.seed, None, Status.SEED), None, [], Transcript())
        for name, command in COMMANDS.items():
            done = godel(*command, cwd=tmp_path / "mine", MY_API_KEY=KEY)
            line = complaint(done)
            assert (done.returncode, done.stdout) == (2, ""), name
            assert "its file names what this installation did not choose: " in line, name
            assert "model.key_env='MY_API_KEY'" in line and f"model.cache={cache!r}" in line, name
            assert (f"model.api_base={address!r}" in line) == (name != "with another address")
            assert "--as-recorded" in line and "--api-base URL, --key-env NAME" in line
            assert not connected(listener), name
    assert not Path(cache).exists()
    shown = godel("status", "run", cwd=tmp_path / "mine").stdout
    assert f"model.api_base={address}" in shown and "not chosen here" in shown
    assert json.loads(godel("status", "run", "--json", cwd=tmp_path / "mine").stdout)["ours"] is False


@pytest.mark.bubblewrap
def test_one_goes_on_with_ones_own_run_as_before(
    bubblewrap: Tier, scaffold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with a stranger's once its address is confirmed, or another one given."""
    made_by(tmp_path / "mine", monkeypatch)
    script = Script.of({"rule": [{"when": "hello", "reply": ["hi"]}]})
    with Served(script, key=KEY) as served:
        create(tmp_path / "mine" / "run", run_at(served.address, bubblewrap, scaffold))
        shutil.copytree(tmp_path / "mine" / "run", tmp_path / "theirs" / "run")
        shutil.copytree(tmp_path / "mine" / "run", tmp_path / "others" / "run")
        go_on("mine", tmp_path)
        asked = len(served.requests)
        assert asked and served.requests[0].headers["authorization"] == f"Bearer {KEY}"
        refused = godel("resume", "run", "-q", cwd=tmp_path / "theirs", MY_API_KEY=KEY)
        assert refused.returncode == 2 and len(served.requests) == asked
        go_on("theirs", tmp_path, "--as-recorded")
        assert len(served.requests) > asked
    with Served(script) as served:
        go_on("others", tmp_path, "--api-base", served.address, "--key-env", "")
        assert served.requests and KEY not in str(served.requests[0].headers)
        asked = len(served.requests)
        go_on("others", tmp_path, "--generations", "2")  # it was chosen here: the next time it is followed
        assert len(served.requests) > asked


def go_on(home: str, folder: Path, *options: str) -> None:
    done = godel("resume", "run", "-q", "--no-report", *options, cwd=folder / home, MY_API_KEY=KEY)
    assert done.returncode == 0, done.stderr


@pytest.mark.bubblewrap
def test_what_is_slipped_into_the_configuration_is_no_one_s_choice(
    bubblewrap: Tier, scaffold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among the settings of the experiment, or with the mark of another run of this installation."""
    made_by(tmp_path, monkeypatch)
    run = run_at("http://127.0.0.1:9/v1", bubblewrap, scaffold)
    mine = local.record(run)
    other = {**mine, "local": {**mine["local"], "model.api_base": "http://127.0.0.1:10/v1"}}
    plain = run.model_dump(mode="json")
    for number, about in enumerate(({"run": plain}, {"run": plain, **mine}, {"run": local.split(plain)[0], **other})):
        with Store.create(tmp_path / f"run{number}" / FILE, about) as store:
            assert local.recorded(store)[1] is False
    with Store.create(tmp_path / "own" / FILE, {"run": local.split(plain)[0], **mine}) as store:
        assert local.recorded(store) == (mine["local"], True)


@pytest.mark.bubblewrap
@pytest.mark.parametrize(
    ("slipped", "named"),
    [
        ({"executor": "planted_policy:Mine"}, "executor='planted_policy:Mine'"),
        ({"runtime": "weak", "sandbox": "docker"}, "runtime='weak'"),
        ({"model": {"names": ["openai/any"], "api_base": "ADDRESS", "key_env": "MY_API_KEY"}}, "model.api_base="),
        ({"selection": "an_installed_one"}, "selection='an_installed_one'"),
    ],
    ids=["executor", "runtime", "address", "entry point"],
)
def test_what_is_slipped_in_is_not_followed_by_any_command(
    slipped: dict[str, Any],
    named: str,
    bubblewrap: Tier,
    planted: dict[str, str],
    listener: socket.socket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The whole command, with the changes that it makes of what is recorded: they are no choice of whoever calls."""
    made_by(tmp_path / "stranger", monkeypatch)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    changes = json.loads(json.dumps(slipped).replace("ADDRESS", address))
    forged(tmp_path / "mine" / "run", bubblewrap, changes)
    for command in (("resume", "run", "-q"), ("resume", "run", "--generations", "3", "--no-report"), ("report", "run")):
        done = godel(*command, cwd=tmp_path / "mine", MY_API_KEY=KEY, **planted)
        assert done.returncode == 2 and named in complaint(done) and "--as-recorded" in complaint(done), done.stderr
    assert not (tmp_path / "mark").exists() and not connected(listener)


def forged(folder: Path, tier: Tier, slipped: dict[str, Any]) -> None:
    """A run that could be gone on with, with settings where nothing of ours ever writes them."""
    plan = planned(small_run(tier, "scoring.search_seeds=1", generations=1))
    run = local.split(plan.run.model_dump(mode="json"))[0]
    run = {**run, **slipped, "model": {**run["model"], **slipped.get("model", {})}}
    about = {
        "godel": "0.1.0",
        "run": run,
        "local": {},
        "scaffold": {"name": plan.scaffold.name, "editable": list(plan.scaffold.editable)},
        "tasks": {task.name: task.version for task in plan.tasks.values()},
        "judging": judging_version(),
    }
    with Store.create(folder / FILE, about) as store:
        store.event(events.SeedChosen(store.put_program(plan.scaffold.program)))
        tasks = {task.name: store.put_blob(to_bytes(task)) for task in plan.tasks.values()}
        store.event(events.TasksFixed(tasks))


@pytest.mark.bubblewrap
def test_a_strangers_tier_is_not_made(
    bubblewrap: Tier, planted: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of an installed package, named where the run was last gone on with."""
    made_by(tmp_path / "stranger", monkeypatch)
    create(tmp_path / "mine" / "run", small_run(bubblewrap, "scoring.search_seeds=1", generations=1))
    with Store.open(tmp_path / "mine" / "run" / FILE, writable=True) as store:
        store.event(events.Started(1, 1, {}, "planted"))
    about = tmp_path / "path" / "planted-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: planted\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[godel.tiers]\nplanted = planted_policy:Mine\n")
    for command in (("resume", "run", "-q", "--no-report"), ("report", "run", "-q")):
        godel(*command, cwd=tmp_path / "mine", **planted)
        assert not (tmp_path / "mark").exists(), command


@pytest.mark.bubblewrap
def test_a_strangers_model_is_not_asked_with_ones_own_key(
    bubblewrap: Tier, scaffold: Path, listener: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name alone leads to its provider's address, and there goes the key that the environment holds for it."""
    proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
    made_by(tmp_path / "stranger", monkeypatch)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    run = run_at("", bubblewrap, scaffold, model__names=["openai/gpt-4o-mini"], model__key_env="")
    create(tmp_path / "mine" / "run", run)
    with Store.open(tmp_path / "mine" / "run" / FILE, writable=True) as store:
        store.record(generation(0, None, store.seed, None, Status.SEED), None, [], Transcript())
    for command in (("resume", "run"), ("replay", "run", "seed", "--task", "maxcut")):
        done = godel(*command, cwd=tmp_path / "mine", OPENAI_API_KEY=KEY, HTTPS_PROXY=proxy)
        assert done.returncode == 2, command
        assert "model.names=['openai/gpt-4o-mini']" in complaint(done) and "--as-recorded" in complaint(done)
        assert not connected(listener), command
    made_by(tmp_path / "stranger", monkeypatch)
    with Store.open(tmp_path / "mine" / "run" / FILE) as store:
        assert local.recorded(store)[1], "its maker needs no flag"


@pytest.mark.bubblewrap
def test_a_strangers_runtime_is_not_started(bubblewrap: Tier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_by(tmp_path / "stranger", monkeypatch)
    run = small_run(bubblewrap).model_copy(update={"sandbox": "docker", "runtime": "weak"})
    about = {"run": local.split(run.model_dump(mode="json"))[0], **local.record(run)}
    with Store.create(tmp_path / "mine" / "run" / FILE, about) as store:
        assert about["run"].get("runtime") is None and store.config == about
    for command in (("resume", "run"), ("report", "run")):
        done = godel(*command, cwd=tmp_path / "mine")
        assert done.returncode == 2 and "runtime='weak'" in complaint(done)


@pytest.mark.bubblewrap
def test_a_verification_needs_no_address(
    bubblewrap: Tier, scaffold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_by(tmp_path / "stranger", monkeypatch)
    with abandoned(bubblewrap, scaffold, tmp_path / "run") as (_, listener):
        made_by(tmp_path / "mine", monkeypatch)
        with opened(tmp_path / "run", replay=True) as lab:
            assert lab.config.model.api_base == lab.config.model.key_env == ""
            assert lab.schedule(Records(lab.store))
        assert not connected(listener)


PLANTED = """
import os
from pathlib import Path

Path(os.environ["MARKER"]).touch()


class Mine:
    name = "mine"

    def choose(self, view, rng):
        from godel.policies.selection import Expand

        return Expand((view.seed,))

    def decide(self, differences, hypothesis): ...
    def prune(self, differences): return ""
    def refuse(self, proposal): return ""
"""
"""A module on the path: a real policy, and importing it leaves a mark."""

LOOKS = (
    ("status", "run"),
    ("verify", "run"),
    ("lineage", "tree", "run"),
    ("lineage", "edits", "run"),
    ("lineage", "export", "run"),
)
WORK = (
    ("resume", "run"),
    ("resume", "run", "--generations", "9"),
    ("report", "run"),
    ("replay", "run", "seed"),
    ("replay", "run", "seed", "--task", "maxcut", "--seeds", "1"),
    ("resume", "run", "--api-base", "http://127.0.0.1:9/v1"),
)


@pytest.fixture
def planted(tmp_path: Path) -> dict[str, str]:
    """The variables of commands that have a module on their path, and the mark that it leaves."""
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "planted_policy.py").write_text(PLANTED)
    return {"PYTHONPATH": f"{ROOT}:{tmp_path / 'path'}", "MARKER": str(tmp_path / "mark")}


def recorded_with(folder: Path, tier: Tier, **policies: Any) -> None:
    """A run with its seed, whose file names `policies`. Nothing of them is looked at here."""
    plan = planned(small_run(tier, "scoring.search_seeds=1", generations=1))
    changed = validate({**plan.run.model_dump(), **policies}, "the test")
    write(folder, replace(plan, run=changed))


@pytest.mark.bubblewrap
@pytest.mark.parametrize(
    "policies",
    [
        {"selection": "planted_policy:Mine"},
        {"acceptance": "planted_policy:Mine"},
        {"pruning": "planted_policy:Mine"},
        {"gate": ["planted_policy:Mine"]},
        {"model": {"choice": "planted_policy:Mine"}},
        {"selection": "subprocess:Popen", "options": {"selection": {"args": ["touch", "popen"]}}},
        {"selection": "os:system"},
    ],
    ids=lambda policies: next(iter(policies)) + (":" + str(policies.get("selection")))[:9],
)
def test_a_strangers_policy_is_not_imported(
    policies: dict[str, Any], bubblewrap: Tier, planted: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_by(tmp_path / "stranger", monkeypatch)
    recorded_with(tmp_path / "mine" / "run", bubblewrap, **policies)
    with Store.open(tmp_path / "mine" / "run" / FILE, writable=True) as store:
        store.record(generation(0, None, store.seed, None, Status.SEED), None, [], Transcript())
    given = "planted_policy:Mine" if "subprocess" not in str(policies) else "subprocess:Popen"
    given = "os:system" if "os:system" in policies.values() else given
    first = policies == {"selection": "planted_policy:Mine"}
    for command in WORK if first else WORK[:1]:
        done = godel(*command, cwd=tmp_path / "mine", **planted)
        line = complaint(done)
        assert done.returncode == 2 and given in line and "--as-recorded" in line, command
        assert "its file names what this installation did not choose: " in line, command
    for command in LOOKS if first else LOOKS[1:2]:
        assert godel(*command, cwd=tmp_path / "mine", **planted).returncode in (0, 1), command
    assert not (tmp_path / "mark").exists() and not (tmp_path / "mine" / "popen").exists()
    assert given in godel("status", "run", cwd=tmp_path / "mine").stdout
    done = godel("resume", "run", "--as-recorded", "--no-report", "-q", cwd=tmp_path / "mine", **planted)
    assert (tmp_path / "mark").exists() == given.startswith("planted")
    assert not (tmp_path / "mine" / "popen").exists()
    if not given.startswith("planted"):
        assert done.returncode == 2 and "expected a class with choose; given: a" in complaint(done)


@pytest.mark.bubblewrap
def test_ones_own_policy_is_followed_and_a_strangers_once_it_is_confirmed(
    bubblewrap: Tier, planted: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_by(tmp_path / "mine", monkeypatch)
    mark = tmp_path / "mark"
    (tmp_path / "mine").mkdir()
    options = ("improve.calls=2", "scoring.search_seeds=1", "secret=tests", "--sandbox", "bubblewrap", "--no-report")
    chosen = ("--selection", "planted_policy:Mine", "--acceptance", "any", "--task", "online_bin_packing")
    done = godel("launch", "run", *chosen, "--generations", "1", *options, "-q", cwd=tmp_path / "mine", **planted)
    assert done.returncode == 0, done.stderr
    shutil.copytree(tmp_path / "mine" / "run", tmp_path / "theirs" / "run")
    mark.unlink()
    resumed = ("resume", "run", "-q", "--no-report", "--generations", "2")
    done = godel(*resumed, cwd=tmp_path / "mine", **planted)
    assert done.returncode == 0 and mark.exists(), done.stderr
    mark.unlink()
    for flag, code in (((), 2), (("--as-recorded",), 0), ((), 0)):  # once followed, it is this installation's too
        done = godel(*resumed, *flag, cwd=tmp_path / "theirs", **planted)
        assert (done.returncode, mark.exists()) == (code, not code), done.stderr
