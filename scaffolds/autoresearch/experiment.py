"""One experiment: the model changes the program, the utility scores it; what crashes may be fixed."""

from __future__ import annotations

from typing import NamedTuple

import prompts
from results import Results

from godel.contract import Model, Program, Utility, briefing, failed
from godel.contract.editing import EditFailed, check_change, from_reply

TEMPERATURE = 1.0
REPAIRS = 2  # replies more, when one can't be applied
FIXES = 1  # of a change that crashed


class Change(NamedTuple):
    program: Program
    description: str
    notes: tuple[str, ...]


class Talk:
    """A conversation about one change, which goes on while the change can't be applied, or crashes."""

    def __init__(self, program: Program, prompt: str, model: Model) -> None:
        self._program, self._model = program, model
        self._messages = [{"role": "system", "content": prompts.RULES}, {"role": "user", "content": prompt}]

    def change(self) -> Change | None:
        """What the model makes of the program; None if no reply could be applied."""
        for _ in range(1 + REPAIRS):
            reply = self._model(self._messages, temperature=TEMPERATURE)[0]
            self._messages.append(reply.message())
            try:
                edited = from_reply(self._program, reply)
                check_change(self._program, edited.program)
            except EditFailed as failed:
                self.say(prompts.unusable(str(failed)))
                continue
            self._program = edited.program
            return Change(edited.program, prompts.description(reply), edited.notes)
        return None

    def say(self, text: str) -> None:
        self._messages.append({"role": "user", "content": text})


def propose(results: Results, goal: str, model: Model) -> Talk:
    """A conversation about the next change of the program that is kept."""
    return Talk(results.best, prompts.task(results, goal), model)


def attempt(results: Results, utility: Utility, model: Model) -> None:
    """One experiment, recorded; one more for each fix of it. Nothing, if no reply can be applied."""
    talk = propose(results, briefing(utility), model)
    for _ in range(min(1 + FIXES, utility.remaining)):
        change = talk.change()
        if change is None:
            return
        score = utility(change.program)
        results.record(change.program, score, change.description)
        results.notes = change.notes
        if not score.failure:
            return
        talk.say(prompts.crashed(failed(score)))
