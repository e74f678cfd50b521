"""The model as its own judge: several votes on a draft, by a rubric, and their mean."""

from __future__ import annotations

from typing import NamedTuple

import prompts
from reading import Vote, vote
from voice import Voice

from godel.contract import Program, RequestRefused, Utility
from godel.contract.editing import Edited

VOTES = 3
SCHEMA = {
    "type": "object",
    "required": ["reason", "score"],
    "additionalProperties": False,
    "properties": {
        "reason": {"type": "string", "description": "Point by point: given or not, and why."},
        "score": {"type": "integer", "description": "The points given, from 0 to 5."},
    },
}


class Judgement(NamedTuple):
    """`score` is the mean of the votes."""

    draft: Edited
    score: float
    votes: tuple[Vote, ...]

    @property
    def reason(self) -> str:
        """Of the vote that is nearest to the mean."""
        return min(self.votes, key=lambda each: abs(each.score - self.score)).reason


class Lesson(NamedTuple):
    """Two judgements of one draft, of which one was found to be the better judgement."""

    better: Vote
    worse: Vote


class Judge:
    """`given` is the program that all drafts are versions of; `lessons` are told to it before each judgement."""

    def __init__(self, voice: Voice, utility: Utility, given: Program) -> None:
        self.voice, self._utility, self._given = voice, utility, given
        self.lessons: list[Lesson] = []

    def __call__(self, draft: Edited) -> Judgement | None:
        """None for a draft that it has no opinion of. The laboratory is told, and tells nothing."""
        try:
            replies = self.voice(prompts.judge(self.subject(draft), self.lessons), VOTES, SCHEMA)
        except RequestRefused:
            return None
        votes = tuple(found for reply in replies if (found := vote(reply)))
        if not votes:
            return None
        score = sum(each.score for each in votes) / len(votes)
        self._utility.judged(draft.program, score)
        return Judgement(draft, score, votes)

    def subject(self, draft: Edited) -> list[str]:
        """What it is shown of a draft, beside its lessons."""
        return prompts.subject(self._utility.description, self._given, draft.program)
