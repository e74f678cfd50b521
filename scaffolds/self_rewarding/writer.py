"""Drafts: several versions of the best program so far."""

from __future__ import annotations

from collections.abc import Sequence

import prompts
from memory import Memory
from voice import Voice

from godel.contract import Program
from godel.contract.editing import Edited, EditFailed, check_change, from_reply

DRAFTS = 4
TRIES = 3  # requests of a round, while no reply can be used


class Writer:
    def __init__(self, voice: Voice, description: str) -> None:
        self._voice, self._description = voice, description

    def drafts(self, memory: Memory) -> list[Edited]:
        """Those that can be applied and are new. If there are none, the model is told why, and asked again."""
        base = memory.best.draft if memory.best else Edited(memory.given, ())
        messages = prompts.draft(self._description, memory, base)
        for _ in range(TRIES):
            replies = self._voice(messages, DRAFTS)
            found, problems = read(base.program, replies, memory.seen)
            if found:
                return found
            messages = [*messages, replies[0].message(), prompts.correction(problems[0])]
        return []


def read(base: Program, replies: Sequence[str], seen: Sequence[str]) -> tuple[list[Edited], list[str]]:
    """The different drafts in the replies, and what is wrong with the other replies."""
    found, problems = dict[str, Edited](), list[str]()
    for reply in replies:
        try:
            draft = from_reply(base, reply)
            check_change(base, draft.program)
        except EditFailed as failed:
            problems.append(str(failed))
            continue
        if draft.program.digest in seen:
            problems.append("that very program was judged before; write another one")
        else:
            found.setdefault(draft.program.digest, draft)
    return list(found.values()), problems
