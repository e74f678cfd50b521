"""Which of several models proposes, and that a run can be repeated with it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from made import generation
from runs import small_run

from godel.config import Models, load
from godel.errors import ConfigError, UsageError
from godel.gateway.line import drawn
from godel.gateway.scripted import Manners, Script, Served
from godel.lineage import Generation, Spend, Status
from godel.lineage.store import Store
from godel.policies.models import MODEL_CHOICES, Offer, proposing_model
from godel.policies.models.ucb1 import Ucb1
from godel.sandbox import Tier

BOTH = Models(names=("openai/cheap", "openai/dear"))
OFFER = Offer(BOTH.names)


def proposer(choice: str, offer: Offer, history: list[Generation], rng: random.Random) -> str:
    return proposing_model(MODEL_CHOICES.make(choice), offer, history, rng)


def made(model: str, gain: float | None, dollars: float = 0.01) -> Generation:
    return generation(1, "p", "c", "p", Status.REJECTED, gain=gain, model=model, spend=Spend(1, 1, 100, dollars))


def test_without_models_nobody_proposes() -> None:
    assert proposer("weighted", Offer(()), [], random.Random(0)) == ""


def test_models_are_drawn_by_weight() -> None:
    rng = random.Random(0)
    weights = (3.0, 1.0)
    by_weight = Counter(proposer("weighted", Offer(BOTH.names, weights), [], rng) for _ in range(4000))
    assert 2850 < by_weight["openai/cheap"] < 3150
    for_a_call = Counter(drawn(BOTH.model_copy(update={"weights": weights}), rng) for _ in range(4000))
    assert 2850 < for_a_call["openai/cheap"] < 3150
    alike = Counter(proposer("weighted", OFFER, [], rng) for _ in range(4000))
    assert 1850 < alike["openai/cheap"] < 2150


def test_the_bandit_tries_each_once_and_then_what_pays() -> None:
    history: list[Generation] = []
    for _ in range(60):
        name = proposer("ucb1", OFFER, history, random.Random(0))
        history.append(made(name, 0.1, dollars=0.01 if name == "openai/cheap" else 0.10))
    chosen = Counter(each.model for each in history)
    assert [each.model for each in history[:2]] == ["openai/cheap", "openai/dear"]
    assert chosen["openai/cheap"] > 2 * chosen["openai/dear"] > 0


def test_a_reward_is_improvement_per_dollar() -> None:
    reward = Ucb1().reward
    assert reward(made("m", 0.2, 0.5)) == pytest.approx(0.4)
    assert reward(made("m", -0.2)) == reward(made("m", None)) == 0.0
    assert reward(made("m", 0.2, 0.0)) == pytest.approx(0.2 / 1e-4), "without a price, tokens count"


def test_what_other_models_made_says_nothing() -> None:
    assert proposer("ucb1", OFFER, [made("openai/gone", 1.0)], random.Random(0)) == "openai/cheap"


def test_a_model_that_is_not_offered_is_refused() -> None:
    class Other:
        def choose(self, offer: Offer, made: object, rng: random.Random) -> str:
            return "openai/mine"

    with pytest.raises(UsageError, match=r"the model choice '.*' answered 'openai/mine'; expected one of openai/cheap"):
        proposing_model(Other(), OFFER, [], random.Random(0))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (["model.names=['a', 'b']", "model.weights=[1.0]"], "1 weights for 2 models"),
        (["model.names=['a', 'a']"], "a model is given twice: a, a"),
        (["improve.model={}"], "one improve needs a ceiling"),
    ],
)
def test_models_are_checked(settings: list[str], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load(None, settings)


SCAFFOLD = """
from godel.contract.editing import from_reply


def improve(program, utility, model, rng):
    [reply] = model(program.files["main.py"])
    return from_reply(program, reply).program
"""
BLOCK = "<<<<<<< SEARCH\n{}\n=======\n{}\n>>>>>>> REPLACE\n"
SCRIPT = Script.of(
    {
        "rule": [
            {"when": "WIDTH = 1.0", "reply": [BLOCK.format("WIDTH = 1.0", "WIDTH = 9.0")]},
            {"when": "def priority", "reply": ["```python\ndef priority(item, bins):\n    return item - bins\n```"]},
            {
                "when": "def improve",
                "reply": [BLOCK.format("[reply] =", f"{name}, = [reply] =") for name in "abcdefgh"],
            },
        ]
    }
)


def test_a_run_with_two_models_repeats(bubblewrap: Tier, tmp_path: Path, launch: Callable[..., Path]) -> None:
    folder = tmp_path / "one_call"
    folder.mkdir()
    (folder / "main.py").write_text(SCAFFOLD)
    (folder / "scaffold.toml").write_text('name = "one_call"\neditable = ["main.py"]\nneeds_model = true\n')
    with Served(SCRIPT, manners=Manners(names=("cheap", "dear"))) as served:
        run = small_run(
            bubblewrap,
            scaffold=str(folder),
            generations=6,
            model__names=list(BOTH.names),
            model__api_base=served.address,
            model__choice="ucb1",
        )
        found = [[each.model for each in generations(launch(run, name))] for name in ("one", "two")]
        asked = {request.body["model"] for request in served.requests}
    assert found[0] == found[1]
    assert {*found[0][1:]} == {"cheap", "dear"}
    assert asked == {"cheap", "dear"}


def generations(folder: Path) -> list[Generation]:
    with Store.open(folder / "lineage.db") as store:
        return store.generations()
