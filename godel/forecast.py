"""What a run costs: at most, if every improve that it may make used up its budget; and typically."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from godel.lineage import Spend, Split
from godel.scoring.trials import raced, reported, stages
from godel.tasks import Task

from .config import ModelBudget, Models, Run
from .gate.smoke import CALLS, TRIES
from .gateway.prices import Price, listed
from .scaffold import Typical

Ceiling = tuple[ModelBudget, int]
"""A budget, and how many times a run may spend it."""


@dataclass(frozen=True)
class Forecast:
    """Ceilings for a whole run. `dollars` is None where nobody knows the price of one of its models."""

    improves: int
    calls: int
    tokens: int
    dollars: float | None
    typical: Spend | None = None
    """By what the scaffold's manifest says of one improve, if it says so. Its dollars count what has a price."""


def forecast(run: Run, tasks: Mapping[str, Task], typical: Typical | None = None) -> Forecast:
    """The seed, every generation scored in full, and a report on seed and best."""
    improves, prices = count(run, tasks), listed(run.model)
    most = (run.improve.model.model_calls or 0) * improves + CALLS * run.generations
    ceilings: Sequence[Ceiling] = (
        (run.improve.model, improves + (TRIES + 1) * run.generations),
        (run.budget.generation, run.generations + 1),
        (run.budget, 1),
    )
    calls = int(least("model_calls", ceilings, most))
    prompt, reply = most_tokens(run.model)
    tokens = int(least("tokens", ceilings, calls * (prompt + reply)))
    dearest = max((each.of(prompt, reply) for each in prices.values() if each), default=0.0)
    dollars = None if None in prices.values() else least("dollars", ceilings, calls * dearest)
    expected = usual(typical, improves, run.improve.model.model_calls, prices) if typical else None
    return Forecast(improves, calls, tokens, dollars, expected)


def most_tokens(models: Models) -> tuple[int, int]:
    """Of one call: of its prompts and of its replies."""
    reply = max(models.max_tokens, models.thinking_tokens)
    return models.max_replies * models.max_prompt_bytes, models.max_replies * reply


def usual(typical: Typical, improves: int, allowed: int | None, prices: Mapping[str, Price | None]) -> Spend:
    """What so many improves take; one that may ask less often than it would costs as much less."""
    calls = typical.calls if allowed is None else min(typical.calls, allowed)
    times = improves * calls / max(1, typical.calls)
    prompt, reply = round(times * typical.prompt_tokens), round(times * typical.reply_tokens)
    dollars = sum(each.of(prompt, reply) for each in prices.values() if each) / max(1, len(prices))
    return Spend(model_calls=improves * calls, tokens=prompt + reply, dollars=dollars)


def more_to_come(seed: Spend, spent: Spend, made: int, left: int) -> Spend:
    """What `left` further generations cost at the pace of those `made` so far. Before the first, each counts as much as
    scoring the seed did: a child that is scored in full takes that, one that is refused less."""
    after = spent.named()
    pace = {name: (after[name] - first) / made if made else first for name, first in seed.named().items()}
    return Spend(**{name: amount * left for name, amount in pace.items()})


def count(run: Run, tasks: Mapping[str, Task]) -> int:
    """Calls of `improve`, without those of the gate, which may ask next to nothing: one proposes, and one for every
    trial; of versions of itself, as many as one takes that leads its race."""
    trials = sum(map(len, stages(tasks, run.scoring)))
    itself = sum(map(len, raced(tasks, run.scoring, run.improve.self_trials)))
    generation = 1 + trials + run.improve.self_calls * itself
    return trials + run.generations * generation + 2 * len(reported(tasks, run.scoring, Split.HELD_OUT))


def least(name: str, ceilings: Sequence[Ceiling], otherwise: float) -> float:
    """The tightest of these budgets for a whole run."""
    limits = [limit * times for budget, times in ceilings if (limit := getattr(budget, name)) is not None]
    return float(min([otherwise, *limits]))
