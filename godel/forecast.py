"""What a run can cost at most, before it starts: every improve that it may make, at its budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from godel.lineage import Spend, Split
from godel.scoring.trials import reported, stages
from godel.tasks import Task

from .config import ModelBudget, Run
from .gate.smoke import TRIES
from .gateway.prices import listed

Ceiling = tuple[ModelBudget, int]
"""A budget, and how many times a run may spend it."""


@dataclass(frozen=True)
class Forecast:
    """Ceilings for a whole run. `dollars` is None where nobody knows the price of one of its models."""

    improves: int
    calls: int
    tokens: int
    dollars: float | None


def forecast(run: Run, tasks: Mapping[str, Task]) -> Forecast:
    """The seed, every generation scored in full, and a report on seed and best."""
    improves = count(run, tasks)
    ceilings: Sequence[Ceiling] = (
        (run.improve.model, improves),
        (run.budget.generation, run.generations + 1),
        (run.budget, 1),
    )
    prompt, reply = (run.model.max_replies * most for most in (run.model.max_prompt_bytes, run.model.max_tokens))
    calls = int(least("model_calls", ceilings, float("inf")))
    tokens = int(least("tokens", ceilings, calls * (prompt + reply)))
    prices = listed(run.model).values()
    dearest = max((each.of(prompt, reply) for each in prices if each), default=0.0)
    dollars = None if None in prices else least("dollars", ceilings, calls * dearest)
    return Forecast(improves, calls, tokens, dollars)


def more_to_come(seed: Spend, spent: Spend, made: int, left: int) -> Spend:
    """What `left` further generations cost at the pace of those `made` so far. Before the first, each counts as much as
    scoring the seed did: a child that is scored in full takes that, one that is refused less."""
    after = spent.named()
    pace = {name: (after[name] - first) / made if made else first for name, first in seed.named().items()}
    return Spend(**{name: amount * left for name, amount in pace.items()})


def count(run: Run, tasks: Mapping[str, Task]) -> int:
    """Calls of `improve`: one proposes, some are the gate's, and one for every trial."""
    rounds = stages(tasks, run.scoring)
    trials = sum(map(len, rounds))
    generation = 1 + TRIES + 1 + trials + run.improve.self_calls * len(rounds[0])
    return trials + run.generations * generation + 2 * len(reported(tasks, run.scoring, Split.HELD_OUT))


def least(name: str, ceilings: Sequence[Ceiling], otherwise: float) -> float:
    """The tightest of these budgets for a whole run."""
    limits = [limit * times for budget, times in ceilings if (limit := getattr(budget, name)) is not None]
    return float(min([otherwise, *limits]))
