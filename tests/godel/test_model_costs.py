"""What a person is told of the cost of models, and of a server that is not there."""

from __future__ import annotations

import socket

import pytest
from made import generation

from godel.cli import formatting
from godel.cli.progress import Lines
from godel.config import Budget, Improve, ModelBudget, Models, Run
from godel.errors import ProviderFailed, Unavailable
from godel.forecast import Forecast, count, forecast, more_to_come
from godel.gateway.budgets import NestedBudget
from godel.gateway.call_log import MemoryCallLog
from godel.gateway.cause import system_cause
from godel.gateway.factory import open_gateway
from godel.ledger import free
from godel.lineage import Spend, Status
from godel.loop.executor import Failed
from godel.loop.run import raised
from godel.loop.run_folder import load_tasks
from godel.scaffold import Typical

CALL = {"messages": [{"role": "user", "content": "hello"}]}


def free_port() -> int:
    """One on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_a_run_says_that_nobody_answers_and_where() -> None:
    address = f"http://127.0.0.1:{free_port()}/v1"
    models = Models(names=("openai/scripted",), api_base=address, tries=1, timeout_s=5.0)
    with open_gateway(models, Budget(), MemoryCallLog()) as opened, pytest.raises(ProviderFailed) as failed:
        line = opened.line("1/propose", 7, NestedBudget(ModelBudget(model_calls=9)), free)
        line.reply(line.ask(CALL))
    with pytest.raises(Unavailable, match=rf"generation 3: connection refused at {address} \("):
        raised(Failed(3, failed.value), 3)


def test_a_failure_that_the_system_had_no_part_in_is_told_as_it_is() -> None:
    assert system_cause(ProviderFailed("busy")) == ""
    with pytest.raises(Unavailable, match=r"^generation 3: busy$"):
        raised(Failed(3, ProviderFailed("busy")), 3)


def test_the_ceiling_stands_beside_where_the_cost_is_told_and_its_advice_can_be_followed() -> None:
    unpriced = formatting.ahead(Forecast(1_146, 11_460, 4_506_439_680, None))
    assert "typically" in unpriced and "4.5 billion tokens" in unpriced and "4,506,439,680" not in unpriced
    assert "budget.tokens=" in unpriced and "dollars" not in unpriced, "nobody can keep a budget in unknown dollars"
    assert "budget.dollars=" in formatting.ahead(Forecast(1_146, 11_460, 4_506_439_680, 812.5))


def test_what_a_run_typically_costs_is_told_before_it_begins_where_the_scaffold_says_so() -> None:
    run = Run(scaffold="dgm", tasks=["maxcut"], generations=10, model=Models(names=("m",), prices={"m": (1.0, 2.0)}))
    tasks, typical = load_tasks(run), Typical(calls=4, prompt_tokens=6_000, reply_tokens=500)
    found, improves = forecast(run, tasks, typical), count(run, tasks)
    assert found.typical == Spend(model_calls=4 * improves, tokens=6_500 * improves, dollars=0.007 * improves)
    assert found.typical.tokens < found.tokens / 10 and found.typical.model_calls < found.calls
    assert f"typically takes about {4 * improves:,} calls" in formatting.ahead(found)
    capped = run.model_copy(update={"improve": Improve(model=ModelBudget(model_calls=2))})
    assert forecast(capped, tasks, typical).typical == Spend(
        model_calls=2 * improves, tokens=3_250 * improves, dollars=0.0035 * improves
    )


@pytest.mark.parametrize(
    ("amount", "read"),
    [(0, "0"), (812, "812"), (99_999, "99,999"), (4_506_439_680, "4.5 billion"), (2.5e8, "250 million")],
)
def test_a_count_is_one_that_a_person_reads(amount: float, read: str) -> None:
    assert formatting.about(amount) == read


def test_what_is_to_come_goes_by_the_seed_and_then_by_the_generations() -> None:
    seed = Spend(model_calls=12, tokens=6_000, dollars=0.5)
    assert more_to_come(seed, seed, 0, 10) == Spend(model_calls=120, tokens=60_000, dollars=5.0)
    spent = seed + Spend(model_calls=8, tokens=2_000, dollars=0.25)
    assert more_to_come(seed, spent, 2, 10) == Spend(model_calls=40, tokens=10_000, dollars=1.25)


def test_the_cost_is_told_after_the_seed_and_ever_more_rarely(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(Run(generations=5))
    spend = Spend(model_calls=2, tokens=1_000, dollars=0.5)
    lines.recorded(generation(0, None, "seed", None, Status.SEED, spend=spend), 0.0)
    for index in range(1, 6):
        lines.recorded(generation(index, "seed", None, "seed", Status.FAILED, spend=spend), 0.0)
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("models:")]
    assert len(told) == 4, "after the seed, 1, 2 and 4 generations"
    assert told[0] == (
        "models: 2 calls, 1,000 tokens, $0.5000 so far; at this pace about 10 calls, 5,000 tokens, $2.50 more"
    )


def test_a_run_without_a_model_says_nothing_of_cost(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(Run(generations=5))
    lines.recorded(generation(0, None, "seed", None, Status.SEED, spend=Spend()), 0.0)
    assert "models:" not in capsys.readouterr().err
