"""All that the model is told, and what is read from its replies beside the change itself."""

from __future__ import annotations

from results import Results

from godel.contract import SCALE, is_scaffold, shown

LONGEST = 120
"""Characters of a description in the table."""

RULES = """\
You do research on your own, by experiment. There is one program and one number, its score; higher is better.
In each experiment you make one change to the program. It is run and scored. If the score is better, the change
is kept and the next experiment starts from it; if it is equal or worse, the change is undone.

- One idea for each experiment, so that its score tells something about that idea.
- All of the program may change, as long as it still does what the task asks for. You can't change how it is scored.
- Simple is better: code that adds little and complicates much is not worth it; the same score with less code is.
- Look at what was tried. Don't repeat it. If small changes no longer help, try something bolder.

Reply with one line, "Description: " and what the experiment tries, and then with the change. A change is one or
more blocks that quote whole lines as they stand in the file and say what replaces them:

<<<<<<< SEARCH
lines as they are
=======
lines as they shall be
>>>>>>> REPLACE

or the whole new text of a file between lines of ```. Where there are several files, name the file in the line above."""

SCAFFOLD = """\
This program is of your own kind: it improves programs by asking a model. Keep `improve` and its parameters. It may
use the standard library, libcst and godel.contract. It must be deterministic given rng and the model's replies,
stop when a budget does, and return some change of the program even where the utility can't be called at all."""


def task(results: Results, goal: str) -> str:
    """The prompt of an experiment."""
    sections = [
        "# Task\n" + goal.strip(),
        SCAFFOLD if is_scaffold(results.best) else "",
        f"# Experiments so far (results.tsv)\n{results.table()}\n\n{SCALE}" if results.rows else "",
        "# Of the last change\n" + "\n".join(results.notes) if results.notes else "",
        "# The program as it is kept\n" + shown(results.best),
        "Make the next experiment.",
    ]
    return "\n\n".join(filter(None, sections))


def unusable(problem: str) -> str:
    return f"This change can't be made: {problem}\nNothing has changed. Reply again, with a description and a change."


def crashed(failure: str) -> str:
    return f"""\
This crashed: {failure}. If it is a slip, fix it: your change is in place, and what you reply is applied to it.
If the idea is what is wrong, undo it and try another one. Reply with a description and a change."""


def description(reply: str) -> str:
    """The line that says so, or else the first one that says anything."""
    lines = [line.strip() for line in reply.splitlines() if line.strip()]
    said = [line.partition(":")[2] for line in lines if line.lower().startswith("description:")]
    return " ".join((said or lines)[0].split())[:LONGEST]
