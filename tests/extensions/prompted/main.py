"""Keeps the best of a few replies. What it says to the model lies in a text file beside it."""

from __future__ import annotations

import pkgutil
import random

from godel.contract import BudgetExhausted, Model, Program, RequestRefused, Utility
from godel.contract.display import shown
from godel.contract.editing import EditFailed, from_reply

REPLIES = 4


def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:
    best, score = program, None
    for _ in range(REPLIES):
        try:
            tried = drafted(best, utility.description, model)
            if not utility.remaining:
                return tried
            score = utility(best) if score is None else score
            if (found := utility(tried)) > score:
                best, score = tried, found
        except EditFailed:
            continue
        except (BudgetExhausted, RequestRefused):
            break
    return best


def drafted(program: Program, goal: str, model: Model) -> Program:
    prompt = pkgutil.get_data(__name__, "prompts/improve.md")
    assert prompt is not None
    [reply] = model(f"{prompt.decode()}\n{goal}\n\n{shown(program)}")
    return from_reply(program, reply).program
