"""What the models are told."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from database import Entry

from godel.contract import SCALE, Program, in_words, shown

Message = Mapping[str, Any]

ROLE = "You evolve programs: each of your changes is run, scored, and kept if it is good."
WISHES = (  # one of them, by chance: AlphaEvolve formats its prompts stochastically
    "Make one change that you can argue for.",
    "Find the part that holds the program back, and replace it by a better algorithm.",
    "Try something that none of the programs here does.",
    "Take over what is better in other programs, or make what is there simpler and faster.",
)
FORM = """\
Say in a sentence why it should help. Then give the change as one block or more, each in this form:

main.py
<<<<<<< SEARCH
some whole lines, just as they stand in the file
=======
the lines that shall stand there instead
>>>>>>> REPLACE

Only where hardly a line would stay, give the whole new text of the file between two lines of ``` instead, with its
path in the line before. What others call must keep its name and its parameters.
"""
TRIED = 5
"""How many changes that were tried are told."""


def request(description: str, program: Program, around: str, rng: random.Random) -> list[Message]:
    """A program to change, what it is for, and what is around it in the database."""
    parts = [
        f"The task:\n\n{description.strip()}",
        around,
        f"The program to change; it starts in {program.entry}:\n\n{shown(program)}",
        f"{rng.choice(WISHES)} {FORM}",
    ]
    return [message("system", ROLE), message("user", "\n\n".join(filter(None, parts)))]


def context(parent: Entry, inspirations: Sequence[Entry]) -> str:
    """Other programs with their scores, and what is known of the one to change."""
    parts = [f"A program that scores {in_words(entry.score)}:\n\n{shown(entry.program)}" for entry in inspirations]
    parts.append(f"The program to change scores {in_words(parent.score)}. {SCALE}")
    if parent.notes:
        parts.append(f"Of the change that led to it:\n{listed(parent.notes)}")
    if parent.tried:
        parts.append(f"Changes of it that were tried:\n{listed(parent.tried[-TRIED:])}")
    return "\n\n".join(parts)


def correction(problem: str) -> Message:
    """For a reply that can't be applied."""
    return message("user", f"That can't be applied: {problem}\n\nPlease try again, on the program as it stands above.")


def message(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def listed(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
