"""Sets the agent up, lets it live, takes back what it did not survive, and hands in what came of it."""

from __future__ import annotations

import random

import agent
import mirror
import prompts
from snippet import told
from state import State

from godel.contract import BudgetExhausted, Model, ModelUnavailable, Program, RequestRefused, Utility

LIVES = 60
"""How often the recursion is entered at most: once, if nothing goes wrong with what the agent becomes."""
TAKEN_BACK = "What you have become failed: {}. Your source is as it was before that; try something else."


def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:
    """The best program that was scored; of itself, what the agent has become."""
    me = born(program, utility, model, rng)
    for _ in range(LIVES):
        try:
            agent.live(me)
        except (BudgetExhausted, RequestRefused):
            break
        except ModelUnavailable:
            raise
        except (Exception, SystemExit) as error:
            take_back(me, error)
        if me.finished:
            break
    return handed_in(me)


def born(program: Program, utility: Utility, model: Model, rng: random.Random) -> State:
    tree = mirror.joined(program)
    me = State(program, utility, model, rng, tree, first=tree, survived=tree, best=program)
    if utility.remaining:
        me.score(program)
    me.heard.append({"role": "user", "content": prompts.opening(me)})
    return me


def take_back(me: State, error: BaseException) -> None:
    """To the source that last survived a step, or else to the first. Raises `error` if that is what failed."""
    for last in (me.survived, me.first):
        tree = mirror.with_own(me.tree, last)
        if tree != me.tree:
            mirror.become(me.tree, tree)
            me.tree = tree
            me.heard.append({"role": "user", "content": TAKEN_BACK.format(told(error))})
            return
    raise error


def handed_in(me: State) -> Program:
    if mirror.is_self(me.program):
        return me.tree
    candidate = mirror.candidate(me.tree)
    if me.utility.remaining:
        me.score(candidate)
    return candidate if me.best_score is None else me.best
