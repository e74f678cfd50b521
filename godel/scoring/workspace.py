"""Where one order is done: the sandboxes it has, what it spends there, and its lines to the run's models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from godel import config
from godel.gateway import Gateway, Line
from godel.gateway.budgets import NestedBudget
from godel.ledger import Charge, free
from godel.lineage import Spend
from godel.sandbox.channel import Session
from godel.scoring.bench import Bench, Judge
from godel.scoring.improvement import SCAFFOLD, Improve, Improvement, improve
from godel.scoring.pool import Pool
from godel.scoring.references import References, Used


@dataclass(frozen=True)
class Means:
    """What every workspace of one worker shares: where guests come from, a judge that stays, what 0 and 1 mean,
    the models, and the limits of an improve and of a generation."""

    pool: Pool
    judge: Judge
    references: References
    gateway: Gateway
    limits: config.Improve
    generation: config.ModelBudget


class Workspace:
    """A scaffold's sandbox for its improves, a warm bench to search on, and a fresh one that scores what
    it hands in. `place`: its name in the run, under which calls to a model are recorded. `spent`: all that was
    charged here; `references`: what 0 and 1 mean, with a note of what was asked for."""

    def __init__(self, means: Means, place: str, charge: Charge = free, references: Used | None = None) -> None:
        self.place, self.limits, self.spent = place, means.limits, Spend()
        self.references = references or Used(means.references)
        self.warm, self.fresh = Bench(means.pool, means.judge), Bench(means.pool, means.judge)
        self._means, self._charge = means, charge
        self._models = NestedBudget(means.generation)
        self._session: Session | None = None

    def charge(self, spend: Spend) -> None:
        """Raises BudgetSpent when that is more than may be used."""
        self.spent += spend
        self._charge(spend)

    def inner(self, name: str) -> Workspace:
        """Another one, for another scaffold, whose spend is charged here."""
        return Workspace(self._means, f"{self.place}/{name}", self.charge, self.references)

    def calls(self, most: int) -> NestedBudget:
        """A part of the generation's budget for models, of so many calls."""
        return NestedBudget(config.ModelBudget(model_calls=most), self._models)

    def line(self, purpose: str, seed: int, model: str = "", within: NestedBudget | None = None) -> Line:
        """A line to the run's models for one improve; `purpose` is its name here. Each has a budget of its own,
        and they share the generation's, or the part of it that is given."""
        allowance = NestedBudget(self.limits.model, within or self._models)
        return self._means.gateway.line(f"{self.place}/{purpose}", seed, allowance, self.charge, model)

    def improve(self, call: Improve) -> Improvement:
        """Make the call in the scaffold's sandbox, and charge what its guest used."""
        made = improve(self.scaffold, call)
        self.charge(made.spend)
        return made

    def scaffold(self) -> Session:
        """A sandbox for one run of the scaffold: always a new one where guests are cheap, elsewhere the last one unless
        it was taken down."""
        if self._session and (self._session.dead or self._means.pool.tier.forks()):
            self._means.pool.give_up(self._session)
            self._session = None
        if self._session is None:
            self._session = self._means.pool.take(SCAFFOLD)
        return self._session

    def close(self) -> None:
        self.warm.close()
        self.fresh.close()
        if self._session:
            self._means.pool.give_up(self._session)
            self._session = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
