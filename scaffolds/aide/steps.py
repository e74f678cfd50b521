"""One step: the model drafts a solution, debugs a node that fails, or improves one that does not."""

from __future__ import annotations

import prompts
from journal import Journal, Node, Stage

from godel.contract import Model
from godel.contract.editing import EditFailed, check_change, from_reply

TEMPERATURE = 0.5
REPAIRS = 2  # replies more, when one can't be applied


def step(journal: Journal, parent: Node | None, goal: str, model: Model) -> Node | None:
    """The node that comes of a step from `parent`, not yet scored (None: of a draft); None if no reply
    could be applied."""
    if parent is None:
        return _made(journal.nodes[0], "draft", prompts.draft(journal, goal), model)
    if parent.score.failure:
        return _made(parent, "debug", prompts.debug(journal, parent, goal), model)
    return _made(parent, "improve", prompts.improve(journal, parent, goal), model)


def _made(base: Node, stage: Stage, prompt: str, model: Model) -> Node | None:
    """A node whose program is that of `base` after the model's reply."""
    messages: list[dict[str, object]] = [{"role": "user", "content": prompt}]
    for _ in range(1 + REPAIRS):
        reply = model(messages, temperature=TEMPERATURE)[0]
        try:
            edited = from_reply(base.program, reply)
            check_change(base.program, edited.program)
        except EditFailed as failed:
            messages += [reply.message(), {"role": "user", "content": prompts.unusable(str(failed))}]
        else:
            parent = None if stage == "draft" else base
            return Node(edited.program, prompts.plan(reply), stage, parent, notes=edited.notes)
    return None
