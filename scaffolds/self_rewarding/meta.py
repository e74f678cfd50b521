"""The meta-judge: of two judgements that differ, the model says which is the better one, and the judge learns it."""

from __future__ import annotations

from collections.abc import Sequence

import prompts
from judge import Judge, Judgement, Lesson
from reading import Vote, choice

from godel.contract import RequestRefused

SCHEMA = {
    "type": "object",
    "required": ["reason", "better"],
    "additionalProperties": False,
    "properties": {
        "reason": {"type": "string", "description": "Which judgement is right about the program, and where."},
        "better": {"type": "string", "enum": ["A", "B"]},
    },
}


def lesson(judge: Judge, judgements: Sequence[Judgement]) -> list[Lesson]:
    """From the draft that its judge was least sure of. None where the model changes its mind with the order."""
    contested = max(judgements, key=spread, default=None)
    if contested is None or not spread(contested):
        return []
    high, low = max(contested.votes), min(contested.votes)
    try:
        chosen = prefers_first(judge, contested, high, low), prefers_first(judge, contested, low, high)
    except RequestRefused:
        return []
    if None in chosen or chosen[0] == chosen[1]:
        return []
    return [Lesson(high, low) if chosen[0] else Lesson(low, high)]


def prefers_first(judge: Judge, contested: Judgement, first: Vote, second: Vote) -> bool | None:
    """None if the model does not say."""
    asked = prompts.compare(judge.subject(contested.draft), first, second)
    said = choice(judge.voice(asked, schema=SCHEMA)[0])
    return said == "A" if said else None


def spread(judgement: Judgement) -> float:
    scores = [each.score for each in judgement.votes]
    return max(scores) - min(scores)
