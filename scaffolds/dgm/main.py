"""A scaffold is improved by solving an issue that comes of a diagnosis, any other program as its task asks."""

from __future__ import annotations

import random

import agent
import diagnosis
import prompts
from draft import Draft

from godel.contract import BudgetExhausted, Model, Program, RequestRefused, Utility


def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:
    """The best program that was measured; without a budget for that, the last that passes the check."""
    draft = Draft(program, utility)
    try:
        asked = diagnosis.issue(draft, model, rng) if draft.is_scaffold else prompts.task(draft)
        agent.solve(draft, asked, model)
    except (BudgetExhausted, RequestRefused):  # what there is by now is handed in
        return draft.handed_in()
    return draft.handed_in()
