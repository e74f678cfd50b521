"""What the model is told."""

from __future__ import annotations

from collections.abc import Sequence

from godel.contract import Program, shown

Message = dict[str, str]

EXPERTISE = "You design algorithms, and you write Python that is correct and fast."
TASK = """\
Make the program below better. This is how it will be judged:

{description}

The program; it starts in {entry}:

{program}
{notes}
Think of one idea that goes further than another constant, and say in a few words why it should help. Then carry
it out, completely: nobody will fill in what you leave out.

"""
FORM = """\
Give the whole new text of each file that you change, between two lines of ```, with its path in the line before.
If little changes in a long file, blocks like this one will do instead:

main.py
<<<<<<< SEARCH
some whole lines, just as they stand in the file
=======
the lines that shall stand there instead
>>>>>>> REPLACE

What others call must keep its name and its parameters.
"""
NOTES = "\nOf the last change to it you should know:\n{notes}\n"
CORRECTION = "That can't be used: {problem}\n\nTry again, with a change that can be applied to the program above."


def request(program: Program, description: str, notes: Sequence[str]) -> list[Message]:
    """A program, what it is for, and what its last change did besides."""
    told = NOTES.format(notes=listed(notes)) if notes else ""
    task = TASK.format(description=description.strip(), entry=program.entry, program=shown(program), notes=told)
    return [message("system", EXPERTISE), message("user", task + FORM)]


def correction(problem: str) -> Message:
    """For a reply that can't be applied."""
    return message("user", CORRECTION.format(problem=problem))


def message(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def listed(notes: Sequence[str]) -> str:
    return "\n".join(f"- {note}" for note in notes)
