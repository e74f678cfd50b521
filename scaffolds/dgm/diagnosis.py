"""Before a scaffold is changed: what goes wrong with it, why, and which issue comes of that."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

import prompts
from draft import Draft

from godel.contract import Model, Reply, RequestRefused

TRIES = 3
FIELDS = {
    "failed": "What went wrong, or where it falls short, and what shows that.",
    "cause": "What in the source leads to it.",
    "change": "The one change of the source that would mend it for tasks of every kind, and where it belongs.",
    "issue": "That change as an issue for the maintainers: a title, what is wanted, how to see that it is done.",
}
SCHEMA = {
    "type": "object",
    "required": list(FIELDS),
    "additionalProperties": False,
    "properties": {name: {"type": "string", "description": text} for name, text in FIELDS.items()},
}


class Malformed(ValueError):
    """A reply is no diagnosis; its text tells the model why."""


def issue(draft: Draft, model: Model, rng: random.Random) -> str:
    """What the agent is to do. A model that can't keep to the form is taken by its own words."""
    messages = [{"role": "user", "content": prompts.diagnose(draft, evidence(draft, rng), FIELDS)}]
    reply = Reply("")
    for _ in range(TRIES):
        reply = ask(model, messages)
        try:
            return prompts.issue(draft, read(reply))
        except Malformed as problem:
            messages += [reply.message(), {"role": "user", "content": str(problem)}]
    return prompts.issue(draft, {"issue": str(reply)})


def ask(model: Model, messages: list[dict[str, Any]]) -> Reply:
    """With the form as a schema, where the model has that."""
    try:
        return model(messages, schema=SCHEMA)[0]
    except RequestRefused:
        return model(messages)[0]


def evidence(draft: Draft, rng: random.Random) -> str:
    """What the record knows of it, logs included, a measurement if there is a budget, else where to begin a review."""
    standing = prompts.standing(draft) if draft.scores else ""
    if draft.known or standing:
        return "\n\n".join(filter(None, [draft.known, standing]))
    return prompts.UNSEEN.format(rng.choice(sorted(draft.given.files)))


def read(reply: str) -> Mapping[str, str]:
    """The diagnosis in a reply, whatever stands around it. Raises Malformed."""
    try:
        found = json.loads(reply[reply.find("{") : reply.rfind("}") + 1])
    except (ValueError, RecursionError) as error:
        raise Malformed(f"That is no JSON object ({error}). Reply with nothing else.") from None
    missing = [name for name in FIELDS if not isinstance(found.get(name), str) or not found[name].strip()]
    if missing:
        raise Malformed(f"These have to be text in the JSON object, and are not: {', '.join(missing)}.")
    return {name: found[name] for name in FIELDS}
