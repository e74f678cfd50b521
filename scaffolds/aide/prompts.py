"""All that the model is told, and the plan that is read from its replies."""

from __future__ import annotations

import re

from journal import Journal, Node

from godel.contract import SCALE, failed, is_scaffold, shown

LONGEST = 600
"""Characters of a plan in the journal."""

CODE_BEGINS = re.compile(r"^[ \t]*(?:`{3,}|~{3,}|<{5,})", re.M)
FILE_NAME = re.compile(r"[\w./-]{1,100}\.\w{1,5}")

DRAFT = """\
Design a solution of your own for this task. The program below shows what must be there for the task: its functions
that the task names, as they are called. Apart from that owe it nothing. Keep this first design simple: no ensembles,
no search for the best settings. Take another approach than those in the journal."""

IMPROVE = """\
Improve the solution below. Propose one improvement only, and be specific. It must be atomic, so that the next score
tells what this one change is worth. Learn from the journal: don't try again what did not help."""

DEBUG = """\
The solution below fails. Find the reason and fix it. Leave the rest of its design as it is."""

WHOLE = """\
Reply with a plan of three to five sentences, and then with the whole program between two lines of ```. No text
after that."""

WHOLE_OR_BLOCKS = """\
Reply with a plan of three to five sentences, and then with the change: the whole new text of a file between two
lines of ```, or blocks that quote whole lines as they stand in a file and say what replaces them:

<<<<<<< SEARCH
lines as they are
=======
lines as they shall be
>>>>>>> REPLACE

No text after that."""

FILES = "There are several files: name the file in the line above each text or block. What you don't show stays."

SCAFFOLD = """\
The program is of your own kind: it improves programs by asking a model. Keep `improve` and its parameters. It may
use the standard library, libcst and godel.contract. It must be deterministic given rng and the model's replies,
stop when a budget does, and return some change of the program even where the utility can't be called at all."""


def draft(journal: Journal, goal: str) -> str:
    return _prompt(journal, goal, DRAFT, journal.nodes[0], WHOLE)


def improve(journal: Journal, node: Node, goal: str) -> str:
    return _prompt(journal, goal, IMPROVE, node, WHOLE_OR_BLOCKS)


def debug(journal: Journal, node: Node, goal: str) -> str:
    return _prompt(journal, goal, f"{DEBUG} How it fails: {failed(node.score)}.", node, WHOLE_OR_BLOCKS)


def _prompt(journal: Journal, goal: str, job: str, node: Node, reply: str) -> str:
    sections = [
        "# Task\n" + goal.strip(),
        f"# Journal\n{journal.summary()}\n\n{SCALE}" if len(journal.nodes) > 1 else "",
        "# What to do\n" + job,
        SCAFFOLD if is_scaffold(node.program) else "",
        "# The program\n" + shown(node.program),
        "# Of its last change\n" + "\n".join(node.notes) if node.notes else "",
        "# Reply\n" + reply,
        FILES if len(node.program.files) > 1 else "",
    ]
    return "\n\n".join(filter(None, sections))


def unusable(problem: str) -> str:
    return f"This could not be applied: {problem}\nNothing has changed. Reply with the plan and the program again."


def plan(reply: str) -> str:
    """What a reply says before its code, and before the line that may name a file there."""
    *said, last = CODE_BEGINS.split(reply, maxsplit=1)[0].rstrip().split("\n")
    if not FILE_NAME.fullmatch(last.strip("*`#: ")):
        said.append(last)
    return " ".join(" ".join(said).split())[:LONGEST] or "(none)"
