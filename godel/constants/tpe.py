"""The tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011), as Optuna has it."""

from __future__ import annotations

import random

from godel.contract import Program

from . import Scorer
from .search import Search


class Tpe:
    """Optuna's default sampler, which is told the program as it is first."""

    def __call__(self, program: Program, utility: Scorer, budget: int, rng: random.Random) -> Program:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        search = Search(program, utility, budget)
        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=rng.getrandbits(31)))
        names = [f"x{number}" for number in range(search.size)]
        every = optuna.distributions.FloatDistribution(-search.reach, search.reach)
        space: dict[str, optuna.distributions.BaseDistribution] = dict.fromkeys(names, every)
        if search.open:
            start = optuna.trial.create_trial(params=dict.fromkeys(names, 0.0), distributions=space, value=search.top)
            study.add_trial(start)
        while search.open:
            trial = study.ask(space)
            study.tell(trial, search.at([trial.params[name] for name in names]))
        return search.best
