"""The coding agent: it works on a draft by tools until it says that it is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import prompts
import tools
from draft import Draft

from godel.contract import Model, Reply, RequestRefused

TURNS = 20
LONGEST = 12_000
"""Characters of one answer to the model."""


def solve(draft: Draft, asked: str, model: Model) -> None:
    """Raises BudgetExhausted and RequestRefused; the draft is as it was left then."""
    messages: list[Mapping[str, Any]] = [{"role": "user", "content": asked}]
    for _ in range(TURNS):
        if draft.done:
            return
        try:
            reply = model(messages, tools=tools.TOOLS)[0]
        except RequestRefused:
            if len(messages) == 1:
                raise
            messages = [messages[0], {"role": "user", "content": prompts.over_again(draft)}]
            continue
        messages += [reply.message(), *answers(draft, reply)]


def answers(draft: Draft, reply: Reply) -> list[Mapping[str, Any]]:
    """One to each tool call; a reply without any may hold an edit as text."""
    if not reply.tool_calls:
        return [{"role": "user", "content": shortened(tools.as_text(draft, reply))}]
    return [
        {"role": "tool", "tool_call_id": call.id, "content": shortened(tools.use(draft, call))}
        for call in reply.tool_calls
    ]


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n… and {len(text) - LONGEST} characters more"
