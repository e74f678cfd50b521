"""What the agent is told when it begins, or begins again."""

from __future__ import annotations

import ast

import mirror
from state import State

from godel.contract import SCALE, briefing, in_words, shown

MANNERS = """\
You act by calling tools; whatever comes of a call, errors too, is told to you. Your own source is a part of
the files that you may read and edit: an edit of it takes effect in you at your next step. Say in a
sentence why you do what you do. Look before you change, change one thing at a time, and call `finish`
when you are done."""

ITSELF = """\
You are an agent that improves programs, and the program that you are given is you: these files are your
own source, as it runs now. Become a better improver. What you have become when you finish is what is kept.
`improve` must keep its parameters, and you can't add files."""

TASK = """\
You are an agent that improves programs. Give the program below a higher utility. Where your own ways
stand in the way, you may change them as well: your source is beside it, below self/."""


def opening(me: State) -> str:
    itself = mirror.is_self(me.program)
    program = mirror.candidate(me.tree)
    files = "" if itself else shown(program)
    own = {path: text for path, text in me.tree.files.items() if itself or path.startswith(mirror.SELF)}
    source = "\n".join(f"- {path}: {summary(text)}" for path, text in own.items())
    utility = f"The utility: {briefing(me.utility)}"
    parts = [ITSELF if itself else TASK, MANNERS, utility, budget(me), files, f"Your own source:\n{source}"]
    return "\n\n".join(filter(None, parts))


def budget(me: State) -> str:
    if me.best_score is None:
        return "It can't be measured: you have to go by what you know."
    return (
        f"The best so far has {in_words(me.best_score)}. It can be measured {me.utility.remaining} times more. {SCALE}"
    )


def summary(text: str) -> str:
    """The first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
