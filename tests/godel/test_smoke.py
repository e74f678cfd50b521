"""The smoke run's toy: any correct program counts, it says what it wants, and a model is asked three times at most."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from runs import proceed, small_run, tier_or_skip

from godel.contract import Program
from godel.gate.constants import constants
from godel.gate.smoke import CALLS, TARGETS, TOY, ToyUtility
from godel.gateway.scripted import Script, Served
from godel.lineage import Generation, ModelCall
from godel.lineage.store import Store
from godel.loop.run_folder import FILE, create

CORRECT = {
    "typed": "WIDTH: float = 40.0\nDEPTH: int = 60\nRATE: float = 0.004\n",
    "at once": "WIDTH, DEPTH, RATE = 40.0, 60, 0.004\n",
    "chained": "SIZE = WIDTH = 40.0\nDEPTH = 60\nRATE = 4e-3\n",
    "computed": "WIDTH = 4 * 10.0\nDEPTH = WIDTH + 20\nRATE = 1 / 250\n",
    "helpers and texts": '"""A toy."""\nimport math\nNAMES = ["a"]\nUNIT = "m"\n'
    "WIDTH = 40.0  # was 1\nDEPTH = 60\nRATE = 0.004\n"
    "def surface(scale: float) -> float:\n    return WIDTH * DEPTH * scale\narea = surface\n",
    "the last one counts": "WIDTH = 1.0\nWIDTH = 40.0\nDEPTH = 60\nRATE = 0.004\n",
}
HOSTILE = {
    "a tower of powers": "WIDTH = 10.0 ** 10 ** 10 ** 10\nDEPTH = 5\nRATE = 0.5\n",
    "no number": "WIDTH = '40'\nDEPTH = 60\nRATE = 0.004\n",
    "not positive": "WIDTH = -40.0\nDEPTH = 60\nRATE = 0.004\n",
    "infinite": "WIDTH = 1e999\nDEPTH = 60\nRATE = 0.004\n",
    "complex": "WIDTH = (-8.0) ** 0.5\nDEPTH = 60\nRATE = 0.004\n",
    "by zero": "WIDTH = 1 / 0\nDEPTH = 60\nRATE = 0.004\n",
    "missing": "DEPTH = 60\nRATE = 0.004\n",
    "no Python": "WIDTH = = 40\n",
    "too long": "#" * 10_001,
}


@pytest.mark.parametrize("name", CORRECT)
def test_any_correct_program_reaches_the_top(name: str) -> None:
    assert ToyUtility()(Program({"main.py": CORRECT[name]})) == pytest.approx(1.0)


def test_calls_of_numbers_are_read() -> None:
    assert constants("A = float(40)\nB = max(60, A, 5)\nC = -round(abs(-2.6))\n") == {"A": 40.0, "B": 60.0, "C": -3.0}
    assert constants("A = 1\nA = open('x')\n") == {}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_number_is_told(name: str) -> None:
    score = ToyUtility()(Program({"main.py": HOSTILE[name]}))
    assert (score, score.failure) == (-1.0, "invalid")
    assert "expected" in score.detail


def test_it_says_what_it_wants_and_how_far_it_is() -> None:
    utility = ToyUtility()
    for name, target in TARGETS.items():
        assert f"{name} to {target:g}" in utility.description
    assert utility(TOY).numbers == {"WIDTH / target": 0.025, "DEPTH / target": 0.0833, "RATE / target": 125.0}


ASKING = """
from godel.contract import BudgetExhausted

NUMBER = 1


def improve(program, utility, model, rng):
    try:
        while True:
            model(f"{rng.random()} of {program.entry}")
    except BudgetExhausted:
        HANDLED
    text = program.files["main.py"]
    if "def improve(" in text and not model.remaining and utility.description.startswith("The program is a scaffold"):
        return program.with_file("main.py", text.replace("NUMBER = 1", f"NUMBER = 1{rng.randrange(99)}"))
    return program
"""
MANIFEST = """
name = "asking"
summary = "Asks until it may not"
entry = "main.py"
editable = ["main.py"]
needs_model = true
"""


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "asking").mkdir()
    (tmp_path / "asking" / "scaffold.toml").write_text(MANIFEST)
    yield tmp_path / "asking"


def run(asking: Path, text: str) -> tuple[list[Generation], list[ModelCall]]:
    (asking / "main.py").write_text(text)
    folder, tier = asking.parent / "run", tier_or_skip("bubblewrap")
    with Served(Script.of({"rule": [{"reply": [{"text": "Hello."}]}]})) as served:
        models = {"model__names": ["openai/scripted"], "model__api_base": served.address}
        limits = ["improve.model.model_calls=5", "scoring.search_seeds=1"]
        create(folder, small_run(tier, *limits, scaffold=str(asking), generations=1, workers=1, **models))
        proceed(folder)
    with Store.open(folder / FILE) as store:
        return store.generations(), store.model_calls()


@pytest.mark.bubblewrap
def test_a_model_is_asked_three_times_at_most(asking: Path) -> None:
    """One that has used them up and ends as it should is not refused for what it could not do."""
    [_, made], calls = run(asking, ASKING.replace("HANDLED", "pass"))
    assert made.rung == "", (made.rung, made.reason)
    assert len([call for call in calls if "/smoke/" in call.place]) == CALLS


@pytest.mark.bubblewrap
def test_one_that_does_not_survive_the_end_of_its_budget_is_refused(asking: Path) -> None:
    raising = "if utility.description.startswith('Bring'):\n            raise"
    [_, made], _ = run(asking, ASKING.replace("HANDLED", raising + "\n        pass"))
    assert (made.rung, made.reason.partition(":")[0]) == ("smoke", "fails on a toy program")
