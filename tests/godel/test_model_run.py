"""Whole runs of a scaffold that asks a model: the same archive through faults and SIGKILL, replayed offline,
paid once, within budget, and without a trace of a key."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command import godel
from runs import Quiet, archive, kill_after, proceed, small_run

from godel import config
from godel.errors import BudgetSpent, ScaffoldError, Unavailable, UsageError
from godel.forecast import count, forecast
from godel.gateway.scripted import ALL, Faults, Manners, Script, Served
from godel.lineage import Generation, Status
from godel.lineage.store import Store
from godel.loop.open_run import opened
from godel.loop.replay import Replayer
from godel.loop.run_folder import FILE, create, load_tasks
from godel.sandbox import Tier

CANARY = "sk-canary-0123456789abcdef"
SCAFFOLD = """
from godel.contract import BudgetExhausted
from godel.contract.editing import EditFailed, from_reply

ROUNDS, TEMPERATURE = 2, 0.7
NOTE = 1


def improve(program, utility, model, rng):
    best, top = program, utility(program) if utility.remaining else -1.0
    for number in range(ROUNDS):
        asked = f"{utility.description}\\n\\n```python\\n{program.files['main.py']}\\n```\\nround {number}"
        try:
            replies = model(asked, n=2, temperature=TEMPERATURE)
        except BudgetExhausted:
            break
        for reply in replies:
            try:
                made = from_reply(best, reply).program
            except EditFailed:
                continue
            score = utility(made) if utility.remaining else 0.0
            if score > top:
                best, top = made, score
    return best
"""
MANIFEST = 'name = "asks"\neditable = ["main.py"]\nneeds_model = true\n'
FIT = "import numpy as np\n\n\ndef priority(item: float, bins: np.ndarray) -> np.ndarray:\n    return {}\n"
FITS = [FIT.format(text) for text in ("item - bins", "-bins", "1.0 / (bins - item + 0.01)", "-((bins - item) ** 2)")]
TOYS = ["WIDTH = 9.0\nDEPTH = 5\nRATE = 0.5\n", "WIDTH = 40.0\nDEPTH = 50\nRATE = 0.05\n"]


def fenced(text: str) -> str:
    return f"Try this:\n\n```python\n{text}```\n"


def block(before: str, after: str) -> str:
    return f"<<<<<<< SEARCH\n{before}\n=======\n{after}\n>>>>>>> REPLACE\n"


RULES: list[dict[str, Any]] = [
    {
        "when": r"NOTE = (?P<now>\d+)",
        "reply": [block("NOTE = {{now}}", f"NOTE = {{{{now}}}}{digit}") for digit in range(9)],
    },
    {"when": "def priority", "reply": [fenced(text) for text in FITS]},
    {"when": "WIDTH = ", "reply": [fenced(text) for text in TOYS]},
    {"when": "the word yes", "reply": ["yes"]},
]
SCRIPT = Script.of({"rule": RULES})


@pytest.fixture
def scaffold(tmp_path: Path) -> Path:
    folder = tmp_path / "asks"
    folder.mkdir()
    (folder / "main.py").write_text(SCAFFOLD)
    (folder / "scaffold.toml").write_text(MANIFEST)
    return folder


@pytest.fixture
def served() -> Iterator[Served]:
    with Served(SCRIPT) as running:
        yield running


def asking(tier: Tier, scaffold: Path, address: str, *overrides: str, **options: Any) -> config.Run:
    given = {
        "scaffold": str(scaffold),
        "generations": 4,
        "model__names": ["openai/scripted"],
        "model__api_base": address,
        "model__first_wait_s": 0.01,
        "model__timeout_s": 1.0,
        "acceptance": "any",
        "selection": "chain",
    }
    return small_run(tier, *overrides, **{**given, **options})


def launched(folder: Path, run: config.Run) -> Path:
    create(folder, run)
    proceed(folder)
    return folder


def test_a_run_with_a_model_improves_itself_and_says_what_it_cost(
    any_tier: Tier, scaffold: Path, served: Served, tmp_path: Path
) -> None:
    folder = launched(tmp_path / "run", asking(any_tier, scaffold, served.address))
    with Store.open(folder / FILE) as store:
        store.verify()
        seed, *children = store.generations()
        calls = store.model_calls()
        asked = [store.blob(call.request) for call in calls]
    assert any(child.status is Status.ACCEPTED for child in children)
    assert any(edit.operator for child in children for edit in child.edits)
    assert {child.model for child in children} == {"scripted"}
    assert sum(each.spend.model_calls for each in (seed, *children)) == len(calls) == len(served.requests)
    assert sum(each.spend.tokens for each in (seed, *children)) == sum(call.tokens for call in calls) > 0
    assert all(b'"messages"' in each for each in asked)


def test_faults_do_not_change_the_archive(bubblewrap: Tier, scaffold: Path, tmp_path: Path) -> None:
    with Served(SCRIPT) as served:
        calm = launched(tmp_path / "calm", asking(bubblewrap, scaffold, served.address, generations=6))
    faults = Faults(0.8, ALL, seed=5, slow_s=3.0, enormous_bytes=2 << 20)
    with Served(SCRIPT, faults) as served:
        stormy = launched(tmp_path / "stormy", asking(bubblewrap, scaffold, served.address, generations=6))
        made = served.faults_made
    assert len(made) >= 8, f"hardly any fault: {made}"
    assert archive(stormy) == archive(calm)


def test_killed_and_resumed_every_call_is_paid_once(
    bubblewrap: Tier, scaffold: Path, served: Served, tmp_path: Path
) -> None:
    undisturbed = launched(tmp_path / "undisturbed", asking(bubblewrap, scaffold, served.address, generations=8))
    paid = len(served.requests)
    killed, rng = tmp_path / "killed", random.Random(3)
    create(killed, asking(bubblewrap, scaffold, served.address, generations=8))
    for done in (0, 2, 4):
        assert kill_after(resume(killed), killed, done, rng.uniform(0.0, 1.0))
    assert resume(killed).wait() == 0
    assert archive(killed) == archive(undisturbed)
    with Store.open(killed / FILE) as store:
        calls = [(call.place, call.request) for call in store.model_calls()]
    assert len(set(calls)) == len(calls) == paid


def resume(folder: Path) -> subprocess.Popen[bytes]:
    code = f"from pathlib import Path\nfrom runs import proceed\nproceed(Path({str(folder)!r}))"
    environment = {"PYTHONPATH": ":".join(sys.path), "PATH": os.defpath}
    return subprocess.Popen([sys.executable, "-c", code], env=environment)


def test_every_generation_replays_with_the_network_off(bubblewrap: Tier, scaffold: Path, tmp_path: Path) -> None:
    with Served(SCRIPT) as served:
        folder = launched(tmp_path / "run", asking(bubblewrap, scaffold, served.address))
    with opened(folder, replay=True) as lab:
        for generation in lab.store.generations():
            assert Replayer(lab, Quiet()).verify(generation.index).differences == ()


def test_a_spent_budget_stops_the_run_where_it_can_go_on(
    bubblewrap: Tier, scaffold: Path, served: Served, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    create(folder, asking(bubblewrap, scaffold, served.address, "budget.model_calls=20"))
    with pytest.raises(BudgetSpent, match=r"20 model_calls .*generations are done"):
        proceed(folder)
    assert len(served.requests) <= 20
    proceed(folder, budget={})
    whole = launched(tmp_path / "whole", asking(bubblewrap, scaffold, served.address))
    assert archive(folder) == archive(whole)


class Changing(Quiet):
    """Changes the manners of a server once `after` generations are recorded."""

    def __init__(self, served: Served, after: int, *kinds: str) -> None:
        super().__init__()
        self._served, self._after, self._kinds = served, after, kinds

    def recorded(self, generation: Generation, score: float) -> None:
        if generation.index == self._after:
            self._served.manners = Manners(self._kinds)


def test_a_generation_whose_every_request_is_refused_stops_the_run_where_it_can_go_on(
    bubblewrap: Tier, scaffold: Path, served: Served, tmp_path: Path
) -> None:
    run = asking(bubblewrap, scaffold, served.address, workers=1)
    whole, folder = launched(tmp_path / "whole", run), tmp_path / "run"
    create(folder, run)
    with pytest.raises(Unavailable, match=r"requests were refused, and so is a plain question: .*may not use"):
        proceed(folder, Changing(served, 2, "refuses all"))
    with Store.open(folder / FILE) as store:
        assert len(store.generations()) == 3
    served.manners = Manners()
    proceed(folder)
    assert archive(folder) == archive(whole)


def test_a_generation_that_was_hampered_says_so(
    bubblewrap: Tier, scaffold: Path, served: Served, tmp_path: Path
) -> None:
    """Its own requests are refused, a plain question is not: that is its result, and it is told."""
    folder = tmp_path / "run"
    create(folder, asking(bubblewrap, scaffold, served.address, workers=1))
    proceed(folder, Changing(served, 2, "flags code"))
    before, hampered = (godel("lineage", "show", "run", name, cwd=tmp_path).stdout for name in ("g2", "g3"))
    assert "models:" not in before
    assert "refused: the scaffold was told why, such as: " in hampered and "flagged as a possible" in hampered


def test_no_key_is_found_in_a_runs_folder(
    bubblewrap: Tier, scaffold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was sent, and it is nowhere."""
    monkeypatch.setenv("MY_API_KEY", CANARY)
    with Served(SCRIPT, key=CANARY) as served:
        run = asking(bubblewrap, scaffold, served.address, generations=1, model__key_env="MY_API_KEY")
        folder = launched(tmp_path / "run", run)
        assert served.requests[0].headers["authorization"] == f"Bearer {CANARY}"
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files and all(CANARY.encode() not in path.read_bytes() for path in files)


def test_a_scaffold_that_needs_a_model_is_refused_without_one(bubblewrap: Tier, scaffold: Path, tmp_path: Path) -> None:
    with pytest.raises(ScaffoldError, match=r"needs a language model, and this run has none: give one with --model"):
        create(tmp_path / "run", small_run(bubblewrap, scaffold=str(scaffold)))
    assert not (tmp_path / "run" / FILE).exists()


def test_the_models_of_a_run_stay_the_same(bubblewrap: Tier, scaffold: Path, served: Served, tmp_path: Path) -> None:
    """Its address may change: a server is started anew on another port."""
    folder = tmp_path / "run"
    with Served(SCRIPT) as first:
        create(folder, asking(bubblewrap, scaffold, first.address, generations=1))
    with Store.open(folder / FILE) as store:
        now = store.config["run"]["model"]
    with pytest.raises(UsageError, match="names"):
        proceed(folder, model={**now, "names": ["openai/other"]})
    proceed(folder, model={**now, "api_base": served.address})
    assert served.requests


def test_a_forecast_bounds_what_is_spent(bubblewrap: Tier, scaffold: Path, served: Served, tmp_path: Path) -> None:
    prices = {"openai/scripted": (1.0, 2.0)}
    run = asking(bubblewrap, scaffold, served.address, model__prices=prices)
    found = forecast(run, load_tasks(run))
    launched(tmp_path / "run", run)
    with Store.open(tmp_path / "run" / FILE) as store:
        calls = store.model_calls()
    assert 0 < len(calls) <= found.calls == count(run, load_tasks(run)) * 30 + 3 * run.generations
    assert 0 < sum(call.tokens for call in calls) <= found.tokens
    assert found.dollars and 0 < sum(call.dollars for call in calls) <= found.dollars
    capped = asking(bubblewrap, scaffold, served.address, "budget.dollars=0.5", model__prices=prices)
    assert forecast(capped, load_tasks(capped)).dollars == 0.5


def test_what_a_run_costs_is_told_while_it_runs_and_a_clock_that_starts_anew_is(
    bubblewrap: Tier, scaffold: Path, served: Served, tmp_path: Path
) -> None:
    run = asking(bubblewrap, scaffold, served.address, "budget.wall_s=500", generations=1)
    create(tmp_path / "run", run)
    first = godel("resume", "run", "--no-report", "--api-base", served.address, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert "the ceiling, if each of" in first.stderr and "budget.tokens=" in first.stderr
    assert first.stderr.count(" so far; at this pace about") == 2, "after the seed and the generation"
    assert "budget.wall_s counts" not in first.stderr, "the first session's clock is nothing to tell"
    again = godel("resume", "run", "--no-report", "--api-base", served.address, "--generations", "2", cwd=tmp_path)
    assert "budget.wall_s counts each session by itself: this one has 500 s of its own" in again.stderr, again.stderr


def test_an_ancestor_runs_today_with_another_model(
    bubblewrap: Tier, scaffold: Path, served: Served, tmp_path: Path
) -> None:
    folder = launched(tmp_path / "run", asking(bubblewrap, scaffold, served.address, generations=1))
    with Served(SCRIPT, manners=Manners(names=("another",))) as another:
        done = godel(
            "replay",
            str(folder),
            "seed",
            "--task",
            "online_bin_packing",
            "--seeds",
            "1",
            "--json",
            "--model",
            "openai/another",
            "--api-base",
            another.address,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        assert {request.body["model"] for request in another.requests} == {"another"}
    assert [each["spend"]["model_calls"] for each in json.loads(done.stdout)] == [2]
    without = godel("replay", str(folder), "seed", "--model", "openai/another", cwd=tmp_path)
    assert without.returncode == 2 and "give --task too" in without.stderr


SPARE = "def spare():\n    return 1\n"


def test_what_an_ancestor_gave_up_is_known_when_it_comes_back(bubblewrap: Tier, scaffold: Path, tmp_path: Path) -> None:
    (scaffold / "main.py").write_text(f"{SCAFFOLD}\n\n{SPARE}")
    rules = [
        {"when": "def spare", "reply": [block(SPARE.rstrip(), "")]},
        {"when": r"NOTE = 1\n", "reply": [block("NOTE = 1", f"NOTE = 1\n\n\n{SPARE}")]},
    ]
    with Served(Script.of({"rule": [*rules, *RULES]})) as served:
        run = asking(bubblewrap, scaffold, served.address, generations=2, workers=1)
        folder = launched(tmp_path / "run", run)
    with Store.open(folder / FILE) as store:
        _, gone, back = store.generations()
    assert [edit.operator for edit in gone.edits] == ["delete"]
    assert [edit.operator for edit in back.edits] == ["restore"]


def test_a_replay_says_what_changed(bubblewrap: Tier, scaffold: Path, served: Served, tmp_path: Path) -> None:
    """The check can fail: a run with another secret asks with other seeds."""
    folder = launched(tmp_path / "run", asking(bubblewrap, scaffold, served.address, generations=1))
    with opened(folder, {"secret": "another"}, replay=True) as lab:
        found = " ".join(Replayer(lab, Quiet()).verify(1).differences)
    assert "not recorded" in found and '"seed":' in found
