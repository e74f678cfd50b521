"""The recursion: decide, act, and live on as whatever this module has become meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import actions
import prompts
from state import State

from godel.contract import Reply, RequestRefused

STEPS = 30
TEMPERATURE = 1.0
LONGEST = 12_000
"""Characters of one observation."""


def live(me: State) -> None:
    """One step, and then the next. Raises what an action can't: no budget for the model, no model."""
    if me.finished or me.steps >= STEPS:
        me.finished = True
        return
    me.steps += 1
    tree, reply = me.tree, decide(me)
    me.heard += [reply.message(), *observe(me, reply)]
    me.survived = tree
    live(me)  # by its name, so that a step may replace the next one


def decide(me: State) -> Reply:
    """What the model does next. Where it can't be asked all that was heard, it starts over with less."""
    try:
        return me.model(me.heard, temperature=TEMPERATURE, tools=actions.TOOLS)[0]
    except RequestRefused:
        if len(me.heard) == 1:
            raise
    me.heard = [{"role": "user", "content": prompts.opening(me)}]
    return decide(me)


def observe(me: State, reply: Reply) -> list[Mapping[str, Any]]:
    """An answer to each tool call; a reply without any may hold an edit as text."""
    if not reply.tool_calls:
        return [{"role": "user", "content": shortened(actions.say(me, reply))}]
    return [
        {"role": "tool", "tool_call_id": call.id, "content": shortened(actions.act(me, call))}
        for call in reply.tool_calls
    ]


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n… and {len(text) - LONGEST} characters more"
