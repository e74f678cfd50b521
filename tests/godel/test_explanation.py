"""A run that accepts nothing says why, what it could have seen, and which commands would change that."""

from __future__ import annotations

import json
import math
import re
import shlex
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from command import TASKS, godel, recorded_run, scores
from made import generation
from runs import tier_or_skip
from scipy.special import nctdtrinc, ndtri, stdtrit

from godel import config, local
from godel.cli.launch import split
from godel.contract import Edit, Program
from godel.explanation import launch_like
from godel.lineage import Status, Transcript
from godel.lineage.records.events import SeedChosen, Started
from godel.lineage.store import Store
from godel.loop.run_folder import FILE
from godel.policies.acceptance import ACCEPTANCES, Hypothesis
from godel.power import DRAWS, Plan, detectable

FIRST = Hypothesis(1, 3.0)
NEVER = -99.0
"""A least gain that no look stops at."""


@pytest.mark.parametrize("pairs", [4, 8, 32])
def test_without_looks_it_is_students_power_function(pairs: int) -> None:
    """One task: n differences of one deviation, tested at 5 % one-sided."""
    found = detectable(ACCEPTANCES.make("noise_aware"), Plan({"a": pairs}, FIRST, NEVER), {"a": 0.5})
    noncentral = nctdtrinc(pairs - 1, 0.2, stdtrit(pairs - 1, 0.95))
    assert found == pytest.approx(noncentral * 0.5 / math.sqrt(pairs), rel=0.12)


def test_a_strict_policy_needs_less() -> None:
    found = detectable(ACCEPTANCES.make("strict"), Plan({"a": 16}, FIRST, NEVER), {"a": 0.5})
    assert found == pytest.approx(ndtri(0.8) * 0.5 / 4, rel=0.2)


def test_early_looks_cost_power_and_more_trials_do_not_buy_it_back() -> None:
    policy, noise = ACCEPTANCES.make("noise_aware"), {"a": 0.3, "b": 0.3}
    looked, unlooked = (detectable(policy, Plan({"a": 64, "b": 64}, FIRST, least), noise) for least in (0.03, NEVER))
    assert looked > 2 * unlooked
    assert looked >= 0.03 + ndtri(0.8) * 0.3 / math.sqrt(2) * 0.8  # what the first look alone asks for


def test_one_pair_shows_no_gain_at_all() -> None:
    assert detectable(ACCEPTANCES.make("noise_aware"), Plan({"a": 1}, FIRST, NEVER), {"a": 0.3}) == math.inf
    assert DRAWS >= 100


def recorded_null(folder: Path) -> Path:
    """A seed with its scores, a child that changes no score, one that is better on half of its trials, a wreck."""
    run = config.Run(
        tasks=TASKS, generations=3, secret="tests", sandbox="bubblewrap", budget=config.Budget(evaluations=90)
    )
    about = {
        "godel": "0",
        "run": local.split(run.model_dump(mode="json"))[0],
        "scaffold": {"name": "mutation", "editable": ["main.py"]},
        "tasks": dict.fromkeys(TASKS, "v"),
    }
    trees = [Program({"main.py": f"X = {number}\n"}, "main.py") for number in range(4)]
    seed, same, noisy, wreck = (tree.digest for tree in trees)
    edit = (Edit("constant", "main.py:X", "1", "2"),)
    shaken = [replace(each, score=each.score + (0.5 if each.seed % 2 else -0.3)) for each in scores(noisy, 0.1)]
    with Store.create(folder / FILE, about) as store:
        store.event(SeedChosen(store.put_program(trees[0])))
        store.record(generation(0, None, seed, None, Status.SEED), trees[0], scores(seed, 0.1), Transcript())
        store.record(
            generation(1, seed, same, seed, Status.HOPELESS, edits=edit, gain=0.0),
            trees[1],
            scores(same, 0.1),
            Transcript(),
        )
        store.record(
            generation(2, seed, noisy, seed, Status.REJECTED, edits=edit, gain=0.1), trees[2], shaken, Transcript()
        )
        why = "fails on a toy program: crash: x"
        store.record(generation(3, seed, wreck, seed, Status.REFUSED, why, "smoke", edit), trees[3], [], Transcript())
    return folder


def test_a_run_that_accepts_nothing_explains_itself(tmp_path: Path) -> None:
    recorded_null(tmp_path / "run")
    text = godel("status", "run", cwd=tmp_path, COLUMNS="80").stdout
    why = text.partition("Null result: no self-edit was accepted (1 hopeless, 1 rejected, 1 refused).\n")[2]
    prose = [line for line in why.splitlines() if " -m godel " not in line]
    assert prose[:6] == [
        "Of 3 self-edits",
        "    1 refused by the gate: 1 smoke",
        "      in the smoke run it fails on a toy program (1 ×)",
        "    1 stopped early: 1 changed no score",
        "    1 scored in full, and not accepted: 1 better; the most was +0.100",
        "A child is scored on 8 trials; its differences to its parent vary by 0.46 (SD).",
    ]
    assert re.match(r"So noise_aware accepts a gain of \+0\.\d\d in 80% of cases, a smaller one less\.$", prose[6])
    assert max(map(len, prose)) <= 80


def test_json_tells_the_same(tmp_path: Path) -> None:
    recorded_null(tmp_path / "run")
    found = json.loads(godel("status", "run", "--json", cwd=tmp_path).stdout)["outcome"]["explanation"]
    assert found["proposals"]["refused"] == {"smoke": 1} and found["proposals"]["tried"] == 3
    assert found["trials"] == 8 and found["power"] == 0.8 and 0.2 < found["detectable"] < 0.9
    commands = [shlex.split(each["command"])[2:] for each in found["advice"]]
    assert commands[0][:3] == ["godel", "launch", "run-2"] and "improve.self_calls=4" in commands[0]
    assert commands[1][:3] == ["godel", "launch", "run-2"] and "scoring.search_seeds=16" in commands[1]
    assert commands[2] == ["godel", "resume", "run", "--generations", "6"]


def test_the_page_and_the_export_tell_the_same(tmp_path: Path) -> None:
    recorded_null(tmp_path / "run")
    status = godel("status", "run", cwd=tmp_path).stdout
    told = json.loads(godel("status", "run", "--json", cwd=tmp_path).stdout)["outcome"]["explanation"]
    assert json.loads(godel("lineage", "export", "run", cwd=tmp_path).stdout)["explanation"] == told
    page = godel("lineage", "export", "run", "-f", "html", cwd=tmp_path).stdout
    remarks = json.loads(page.partition('id="data">')[2].partition("</script>")[0])["remarks"]
    assert len(remarks["lines"]) == 7 and all(f"{line}\n" in status for line in remarks["lines"])
    assert remarks["advice"] == [[each["why"], each["command"]] for each in told["advice"]]
    assert all(f"{why}:\n  {command}\n" in status for why, command in remarks["advice"])


def test_an_export_names_no_address_of_its_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What belongs to the caller is in the advice that the terminal gives, and not in a file for others."""
    recorded_null(tmp_path / "run")
    monkeypatch.setenv("HOME", str(tmp_path))
    mine = local.record(config.load(None, ['model.api_base="http://127.0.0.1:9/v1"']))
    with Store.open(tmp_path / "run" / FILE, writable=True) as store:
        store.event(Started(3, 1, {}, "bubblewrap", **mine))
    assert "127.0.0.1" in godel("status", "run", cwd=tmp_path).stdout.partition("Of 3 self-edits")[2]
    for form in ("json", "html"):
        text = godel("lineage", "export", "run", "-f", form, cwd=tmp_path).stdout
        assert "search_seeds=16" in text and "127.0.0.1" not in text


def test_a_run_that_accepted_something_needs_no_explanation(tmp_path: Path) -> None:
    recorded_run(tmp_path / "run")
    assert json.loads(godel("lineage", "export", "run", cwd=tmp_path).stdout)["explanation"] is None
    assert json.loads(godel("status", "run", "--json", cwd=tmp_path).stdout)["outcome"]["explanation"] is None


def test_the_command_launches_the_same_run_but_for_what_is_changed(tmp_path: Path) -> None:
    run = config.load(
        None,
        [
            "improve.calls=7",
            'model.names=["openai/a b"]',
            'model.api_base="http://127.0.0.1:9/$y\'z/v1"',
            "presets.maxcut=large",
            "budget.dollars=0.5",
            "budget.generation.tokens=9",
            "model.prices.a=[1.0, 2.0]",
            "selection=dgm",
            'scaffold="./my scaffold"',
            "secret=hidden",
        ],
        tasks=("maxcut", "./my task"),
    )
    command = launch_like(tmp_path / "it's", run, {"improve.self_calls": 4})
    words = shlex.split(command)
    assert words[:2] == ["godel", "launch"] and "hidden" not in command
    tasks = [word for before, word in pairwise(words) if before == "--task"]
    folder, overrides = split([word for word in words[2:] if word != "--task" and word not in tasks])
    assert folder == tmp_path / "it's-2"
    assert config.load(None, overrides, tasks=tuple(tasks)) == run.model_copy(
        update={"secret": "", "improve": run.improve.model_copy(update={"self_calls": 4})}
    )


@pytest.mark.bubblewrap
@pytest.mark.slow
def test_every_command_that_is_advised_works(tmp_path: Path) -> None:
    tier_or_skip("bubblewrap")
    small = ["improve.calls=2", "scoring.search_seeds=2", "scoring.held_out_seeds=1", "secret=tests"]
    launched = godel(
        "launch",
        "run",
        "--task",
        "online_bin_packing",
        "--sandbox",
        "bubblewrap",
        "--generations",
        "2",
        "--seed",
        "12",
        "--json",
        *small,
        cwd=tmp_path,
    )
    assert launched.returncode == 0, launched.stderr
    advice = json.loads(launched.stdout)["outcome"]["explanation"]["advice"]
    assert advice
    for each in advice:
        done = godel(*shlex.split(each["command"])[3:], cwd=tmp_path)
        assert done.returncode == 0, f"{each['command']}: {done.stderr}"
